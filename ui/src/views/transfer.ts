/** A card for files that one sends the other: what they are, how far they are, and what can be done. */
import { html, nothing } from 'lit-html';
import type { Contact } from '../generated/Contact';
import type { Transfer } from '../generated/Transfer';
import type { TransferItem } from '../generated/TransferItem';
import type { Page } from '../page';
import { accept, resume, reveal, step, want } from '../acts/files';
import { forgetSmall, smallKey } from '../acts/pictures';
import { isOver, percent, sizeText } from '../model/files';
import { kindOf, kindOfName, mayHarm, showsPicture, type Kind } from '../model/kinds';
import { exactly, timeOnly, unitText } from '../model/times';
import { explain, say, type Text } from '../text';
import { icon, type Icon } from './icons';

/** More names than these stand behind a line that opens. */
const FEW = 5;

export function transferView(page: Page, contact: Contact, transfer: Transfer): unknown {
  const { t } = page;
  const { mine, stage } = transfer;
  return html`<li class="transfer ${mine ? 'mine' : 'theirs'} ${stage.type}" data-test="transfer" data-id=${transfer.id} data-stage=${stage.type}>
    <div class="card" role="group" aria-label=${mine ? t.filesTo(contact.name) : t.filesFrom(contact.name)}>
      ${thumbnail(page, transfer)}
      <header>
        ${transfer.items.length === 1 && transfer.items[0] ? kindSign(kindOf(transfer.items[0]), t) : icon('files')}
        <p class="who">
          <strong>${title(page, transfer)}</strong>
          <span class="muted">${transfer.items.length === 1 && transfer.items[0]?.files !== null ? html`${t.countFiles(transfer.files)} · ` : nothing}${sizeText(page.lang, transfer.bytes)} · <time title=${exactly(page.lang, transfer.at_ms)}>${timeOnly(page.lang, transfer.at_ms)}</time></span>
        </p>
      </header>
      ${items(page, transfer)} ${harm(page, transfer)} ${bar(page, transfer)}
      <p class="how-far" data-test="transfer-stage" role="status">${stageLine(page, contact, transfer)}</p>
      ${transfer.problem ? html`<p class="error" role="alert" data-test="transfer-problem">${icon('circleAlert')}<span>${explain(transfer.problem, page.lang)}</span></p>` : nothing}
      ${transfer.lost > 0 ? html`<p class="error" data-test="transfer-lost">${icon('circleAlert')}<span>${t.filesLost(transfer.lost)}</span></p>` : nothing}
      <div class="buttons">${buttons(page, transfer)}</div>
    </div>
  </li>`;
}

/** A small one of what is here already; a click opens the file. */
function thumbnail(page: Page, transfer: Transfer): unknown {
  const { t } = page;
  const { key, id, items: [only] } = transfer;
  const address = showsPicture(transfer) ? page.here.small.get(smallKey(key, id)) : null;
  if (!address || !only) return nothing;
  const name = only.place ?? only.name;
  return html`<button type="button" class="thumbnail" data-test="thumbnail" aria-label=${t.openNamed(name)} title=${t.openFile} @click=${() => reveal(page, transfer, 0)}>
    <img src=${address} alt="" @error=${() => forgetSmall(page, key, id)} />
  </button>`;
}

const SIGNS: Record<Kind, Icon> = { picture: 'image', video: 'film', sound: 'music', document: 'fileText', archive: 'archive', program: 'triangleAlert', folder: 'folderOpen', file: 'file' };

function kindSign(kind: Kind, t: Text): unknown {
  const words = { picture: t.kindPicture, video: t.kindVideo, sound: t.kindSound, document: t.kindDocument, archive: t.kindArchive, program: t.kindProgram, folder: t.kindFolder, file: t.kindFile }[kind];
  return html`<span class="kind ${kind}" title=${words} data-test="kind" data-kind=${kind}>${icon(SIGNS[kind])}<span class="unseen">${words}</span></span>`;
}

/** Of what somebody else sends, as long as it is a choice or can be opened. */
function harm({ t }: Page, transfer: Transfer): unknown {
  const { type } = transfer.stage;
  if (transfer.mine || type === 'declined' || type === 'cancelled' || !mayHarm(transfer)) return nothing;
  return html`<p class="caution" data-test="may-harm">${icon('triangleAlert')}<span>${t.mayHarm}</span></p>`;
}

function title({ t }: Page, { items, files }: Transfer): unknown {
  const [only] = items;
  if (items.length === 1 && only) return html`<bdi>${only.place ?? only.name}</bdi>`;
  return t.countFiles(files);
}

function items(page: Page, transfer: Transfer): unknown {
  const { t } = page;
  const [only] = transfer.items;
  if (transfer.items.length === 1 && only) return preview(page, only);
  const list = html`<ul>
    ${transfer.items.map((item, at) => html`<li>${itemLine(page, transfer, item, at)}${preview(page, item, 'below')}</li>`)}
  </ul>`;
  const asks = !transfer.mine && transfer.stage.type === 'offered';
  if (transfer.items.length <= FEW || asks) return html`<div class="items" tabindex="0" role="group" aria-label=${t.contents}>${list}</div>`;
  return html`<details class="items"><summary>${t.contents}</summary>${list}</details>`;
}

/** Some of what is in a folder that came by itself. */
function preview({ t }: Page, { name, preview: names, files }: TransferItem, where: 'items' | 'below' = 'items'): unknown {
  if (names.length === 0) return nothing;
  return html`<details class=${where} data-test="preview">
    <summary aria-label=${t.contentsOf(name)}>${t.contents}</summary>
    <ul tabindex="0" role="list" aria-label=${t.contentsOf(name)}>
      ${names.map((one) => html`<li><span class="item">${kindSign(kindOfName(one), t)}<bdi class="name">${one}</bdi></span></li>`)}
      ${files !== null && files > names.length ? html`<li class="muted">${t.andMore(files - names.length)}</li>` : nothing}
    </ul>
  </details>`;
}

function itemLine(page: Page, transfer: Transfer, item: TransferItem, at: number): unknown {
  const { t } = page;
  const size = html`<span class="muted">${item.files === null ? nothing : html`${t.countFiles(item.files)} · `}${sizeText(page.lang, item.bytes)}</span>`;
  const name = html`<bdi class="name">${item.place ?? item.name}</bdi>`;
  const sign = kindSign(kindOf(item), t);
  if (transfer.mine || transfer.stage.type !== 'offered' || transfer.items.length === 1) {
    return html`<span class="item ${item.wanted ? '' : 'unwanted'}">${sign}${name}${size}</span>`;
  }
  const wanted = !page.here.unwanted.get(transfer.id)?.has(at);
  return html`<label class="item">
    <input type="checkbox" data-test="want" .checked=${wanted} @change=${(event: Event) => want(page, transfer, at, (event.target as HTMLInputElement).checked)} />
    ${sign}${name}${size}
  </label>`;
}

function bar({ t }: Page, transfer: Transfer): unknown {
  const { type } = transfer.stage;
  if (type === 'offered' || (isOver(transfer) && type !== 'cancelled') || (type === 'cancelled' && transfer.done === 0)) return nothing;
  const now = percent(transfer);
  return html`<div class="progress" role="progressbar" aria-label=${t.progress} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${now} data-test="transfer-bar"><span style="width: ${now}%"></span></div>`;
}

function stageLine(page: Page, contact: Contact, transfer: Transfer): unknown {
  const { t } = page;
  const { stage, mine } = transfer;
  const now = percent(transfer);
  switch (stage.type) {
    case 'offered':
      return mine ? say(t.waitsForAnswer, contact.name) : say(t.wantsToSend, contact.name);
    case 'waiting':
      return contact.presence === 'offline' ? say((name) => t.waitsForPerson(now, name), contact.name) : t.waitsForNetwork(now);
    case 'running':
      return [`${now} %`, transfer.per_second === null ? null : t.sizePerSecond(sizeText(page.lang, transfer.per_second)), transfer.left_s === null ? null : t.timeLeft(left(page, transfer.left_s))]
        .filter((part) => part !== null)
        .join(' · ');
    case 'paused':
      return stage.by_me ? t.pausedByYou(now) : say((name) => t.pausedBy(now, name), contact.name);
    case 'stopped':
      return t.stoppedAt(now);
    case 'done':
      return mine ? say(t.filesSent, contact.name) : transfer.folder ? html`${t.filesSavedIn} <bdi>${transfer.folder}</bdi>` : t.filesSaved;
    case 'declined':
      return mine ? say(t.filesDeclinedBy, contact.name) : t.filesDeclined;
    case 'cancelled':
      return stage.by_me ? t.filesCancelled : say(t.filesCancelledBy, contact.name);
  }
}

function left({ lang }: Page, seconds: number): string {
  if (seconds < 60) return unitText(lang, seconds, 'second');
  if (seconds < 3_600) return unitText(lang, Math.ceil(seconds / 60), 'minute');
  return unitText(lang, Math.ceil(seconds / 3_600), 'hour');
}

function buttons(page: Page, transfer: Transfer): unknown {
  const { t } = page;
  const { mine, stage } = transfer;
  const busy = page.here.busy.has(`transfer ${transfer.id}`);
  const button = (test: string, words: string, run: () => void, kind = 'quiet'): unknown =>
    html`<button type="button" class=${kind} data-test=${test} ?disabled=${busy} @click=${run}>${words}</button>`;
  const cancel = button('transfer-cancel', t.cancel, () => step(page, 'cancel_transfer', transfer));
  switch (stage.type) {
    case 'offered': {
      if (mine) return cancel;
      const none = page.here.unwanted.get(transfer.id)?.size === transfer.items.length;
      return html`<button type="button" class="primary" data-test="transfer-accept" ?disabled=${busy || none} @click=${() => void accept(page, transfer, false)}>${t.acceptFiles}</button>
        <button type="button" data-test="transfer-accept-in" ?disabled=${busy || none} @click=${() => void accept(page, transfer, true)}>${t.saveAs}</button>
        ${button('transfer-decline', t.decline, () => step(page, 'decline_files', transfer))}`;
    }
    case 'waiting':
    case 'running':
      return html`${button('transfer-pause', t.pause, () => step(page, 'pause_transfer', transfer))}${cancel}`;
    case 'paused':
      return html`${stage.by_me ? button('transfer-resume', t.goOn, () => void resume(page, transfer), 'primary') : button('transfer-pause', t.pause, () => step(page, 'pause_transfer', transfer))}${cancel}`;
    case 'stopped':
      return html`${button('transfer-resume', t.tryAgain, () => void resume(page, transfer), 'primary')}
        ${mine ? nothing : button('transfer-resume-in', t.saveAs, () => void resume(page, transfer, true))}${cancel}`;
    case 'done': {
      const one = transfer.items.length === 1 ? 0 : null;
      return html`${mine
        ? nothing
        : html`${one === null ? nothing : button('transfer-open', t.openFile, () => reveal(page, transfer, one), '')}${button('transfer-show', t.showInFolder, () => reveal(page, transfer, null))}`}
        ${!mine && transfer.lost > 0 ? button('transfer-resume', t.tryAgain, () => void resume(page, transfer)) : nothing}
        ${button('transfer-forget', t.takeOffList, () => step(page, 'forget_transfer', transfer))}`;
    }
    case 'declined':
    case 'cancelled':
      return button('transfer-forget', t.takeOffList, () => step(page, 'forget_transfer', transfer));
  }
}
