/** What the user does with an address that somebody wrote. */
import { asApiError } from '../model';
import type { Page } from '../page';

/** Whether the system took it. */
export async function openLink(page: Page, href: string): Promise<boolean> {
  page.change((here) => {
    here.busy.add('link');
    here.errors.delete('link');
  });
  try {
    await page.host.openLink(href);
    return true;
  } catch (thrown) {
    page.here.errors.set('link', asApiError(thrown));
    return false;
  } finally {
    page.change((here) => here.busy.delete('link'));
  }
}
