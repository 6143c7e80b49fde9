/** The whole window: what keeps Visavis from working, the first start, or the two panes. */
import { html, nothing } from 'lit-html';
import type { Page } from '../page';
import { stepShown } from '../acts/start';
import { go, shown } from '../acts/people';
import { staged } from '../model/calls';
import { addView } from './add';
import { stageView } from './call';
import { callLine } from './call-lines';
import { checkView } from './check';
import { contactView } from './contact';
import { standInLine } from './devices';
import { fatalView, lostView } from './fatal';
import { icon } from './icons';
import { dropView } from './drop';
import { incomingView } from './incoming';
import { menuView } from './menu';
import { peopleView } from './people';
import { questionView } from './question';
import { settingsView } from './settings';
import { startView } from './start';
import { toastsView } from './toasts';
import { troublesView } from './troubles';
import { welcomeView } from './welcome';

export function view(page: Page): unknown {
  return html`${body(page)} ${toastsView(page)} ${questionView(page)} ${incomingView(page)} ${dropView(page)}`;
}

function body(page: Page): unknown {
  const { state } = page;
  if (page.lost) return lostView(page, page.lost);
  if (!state) return nothing;
  if (state.fatal) return fatalView(page, state.fatal);
  const step = stepShown(page);
  if (step) return startView(page, step);
  const contact = shown(page);
  const onStage = page.here.route.at === 'call' && staged(state.calls) !== null;
  const at = page.here.route.at === 'call' && !onStage ? 'none' : page.here.route.at;
  const right = at === 'add' || at === 'settings' || at === 'check' || onStage || contact !== null;
  const whole = onStage && page.here.stage.whole;
  return html`<main class="frame ${right ? 'right' : 'left'} ${onStage ? 'staged' : ''} ${whole ? 'whole' : ''}">
    ${whole ? nothing : html`${troublesView(page)} ${standInLine(page)} ${callLine(page)}`}
    <div class="panes">
      <div class="pane-left">${peopleView(page)}</div>
      <div class="pane-right" data-pane=${at}>
        ${right
          ? html`<button type="button" class="quiet back" data-test="back" @click=${() => backToPeople(page)}>
              ${icon('arrowLeft')}<span>${page.t.back}</span>
            </button>`
          : nothing}
        ${onStage ? stageView(page) : at === 'add' ? addView(page) : at === 'settings' ? settingsView(page) : at === 'check' ? checkView(page) : contact ? contactView(page, contact) : welcomeView(page)}
      </div>
    </div>
    ${page.here.menu?.of === 'caller' ? nothing : menuView(page)}
  </main>`;
}

export function backToPeople(page: Page): void {
  go(page, { at: 'none' });
  page.focus('[data-test=contact-row][tabindex="0"]', '[data-test=search]', '[data-test=add-person]');
}
