import './style/index.css';
import { openHost } from './host';
import { startPage, startRing } from './start-page';

const root = document.getElementById('page');
if (!root) throw new Error('the page has no place to be drawn');
const rings = new URLSearchParams(location.search).get('window') === 'ring';
void openHost().then((host) => (rings ? startRing(host, root) : startPage(host, root)));
