/** The first start: a name, a server, a handle. */
import { html, nothing } from 'lit-html';
import type { Page } from '../page';
import { back, focusStep, giveName } from '../acts/start';
import { STEPS, type Step } from '../model/start';
import { handleStep } from './start-handle';
import { serverStep } from './server-form';
import { importForm } from './import-form';
import { field, submits } from './parts';
import { troublesView } from './troubles';

export function startView(page: Page, step: Step): unknown {
  const { t } = page;
  const at = STEPS.indexOf(step);
  // The steps say themselves what is wrong with the connection, where the way out is.
  return html`<main class="alone start" data-test="start" data-step=${step}>
    ${troublesView(page, false)}
    <div class="card">
      <p class="steps" role="img" aria-label=${t.stepOf(at + 1, STEPS.length)}>
        ${STEPS.map((_, index) => html`<span class=${index === at ? 'now' : index < at ? 'past' : ''}></span>`)}
      </p>
      ${step === 'name' ? nameStep(page) : step === 'server' ? serverStep(page) : handleStep(page)}
    </div>
  </main>`;
}

function nameStep(page: Page): unknown {
  return page.here.start.way === 'import' ? importStep(page) : newStep(page);
}

function newStep(page: Page): unknown {
  const { t } = page;
  const { name } = page.here.start;
  const again = page.state?.me !== null;
  return html`<h1>${again ? t.nameTitle : t.welcomeTitle}</h1>
    <p class="lead">${t.welcomeText}</p>
    <form novalidate @submit=${submits(() => void giveName(page))}>
      ${field(page, {
        id: 'name',
        test: 'name-field',
        label: t.yourName,
        value: name,
        maxlength: 64,
        hint: t.yourNameHint,
        free: true,
        autofocus: true,
        error: page.here.errors.get('name'),
        input: (value) => {
          page.forget('name');
          page.change((here) => {
            here.start.name = value;
          });
        },
      })}
      <div class="buttons">
        <button class="primary" data-test="next" ?disabled=${name.trim() === '' || page.here.busy.has('name')}>${t.next}</button>
        ${again ? nothing : html`<button type="button" class="quiet" data-test="have-identity" @click=${() => way(page, 'import')}>${t.haveIdentity}</button>`}
      </div>
    </form>`;
}

function importStep(page: Page): unknown {
  const { t } = page;
  return html`<h1>${t.importTitle}</h1>
    <p class="lead">${t.importText}</p>
    ${importForm(
      page,
      t.import,
      html`<button type="button" class="quiet" data-test="step-back" @click=${() => way(page, 'new')}>${t.back}</button>`,
    )}`;
}

function way(page: Page, to: 'new' | 'import'): void {
  page.forget('name', 'import');
  page.change((here) => {
    here.start.way = to;
  });
  focusStep(page);
}

/** The way back, for the steps after the first. */
export function stepBack(page: Page, to: Step): unknown {
  return html`<button
    type="button"
    class="quiet"
    data-test="step-back"
    @click=${() => {
      page.change((here) => {
        if (to === 'name') here.start.name = page.state?.me?.name ?? '';
      });
      back(page, to);
    }}
  >
    ${page.t.back}
  </button>`;
}

