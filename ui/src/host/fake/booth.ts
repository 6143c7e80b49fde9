/** Pictures that were taken, in memory: which are held, and where they went. */
import type { ApiError } from '../../generated/ApiError';
import type { Filter } from '../../generated/Filter';
import type { Reply } from '../../generated/Reply';
import type { BoothWish } from '../../host';
import { fakeSmall } from './files';

export class FakeBooth {
  readonly taken = new Set<string>();
  readonly went: { wish: BoothWish; to: string }[] = [];
  /** Refuses what is done with a picture next. */
  refusal: ApiError | null = null;
  #number = 0;

  take(): Reply {
    this.#number += 1;
    const id = `picture ${this.#number}`;
    this.taken.add(id);
    return { type: 'picture_taken', id, width: 1280, height: 720 };
  }

  async glance(id: string, look: Filter, mirrored: boolean): Promise<string> {
    this.#find(id);
    return fakeSmall(`${look}${mirrored ? ' mirrored' : ''}`);
  }

  async go(wish: BoothWish, to: string): Promise<void> {
    this.#find(wish.id);
    this.went.push({ wish, to });
  }

  #find(id: string): void {
    const { refusal } = this;
    this.refusal = null;
    if (refusal) throw refusal;
    if (!this.taken.has(id)) throw { code: 'no_picture', message: 'no_picture', detail: {} } satisfies ApiError;
  }
}
