import './style/index.css';
import { openHost } from './host';
import { startPage } from './start-page';

const root = document.getElementById('page');
if (!root) throw new Error('the page has no place to be drawn');
void openHost().then((host) => startPage(host, root));
