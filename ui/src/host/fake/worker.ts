/** The page's worker on a door in memory. */
import { work } from '../../stage/work';
import { FakeSocket } from './door';

work(self as unknown as Parameters<typeof work>[0], (url) => new FakeSocket(url));
