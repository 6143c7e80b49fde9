/** What stands in each menu. */
import type { CallSide } from '../generated/CallSide';
import type { Filter } from '../generated/Filter';
import type { Menu } from '../here';
import type { Page } from '../page';
import { beginPicture } from '../acts/booth';
import { call, hold, setStatistics, setWhole, toggleFullScreen } from '../acts/calls';
import { chooseDevice, remember, setFilter, setFilterOut } from '../acts/devices';
import { show, showDetails, wave } from '../acts/people';
import { setStatus } from '../acts/settings';
import { change, react, reply, takeBack } from '../acts/words';
import { devicesOf, otherCamera, type DeviceKind } from '../model/calls';
import { defaultName, deviceName, filterNames, kindWord } from './devices';
import type { Icon } from './icons';
import { onePane } from './room';

export interface Item {
  test: string;
  sign: Icon | null;
  label: string;
  group?: string;
  key?: string;
  uri?: string;
  danger?: boolean;
  checked?: boolean;
  run: () => void;
}

export function menuName(page: Page, menu: Menu): string {
  if (menu.of === 'status') return page.t.status;
  return menu.of === 'device' ? kindWord(page, menu.kind) : page.t.more;
}

export function itemsOf(page: Page, menu: Menu): Item[] {
  switch (menu.of) {
    case 'status':
      return statuses(page);
    case 'contact':
      return aboutContact(page, menu.key);
    case 'device':
      return devices(page, menu.kind);
    case 'call':
      return aboutCall(page, menu.id);
    case 'caller':
      return aboutCaller(page, menu.id);
    case 'message':
      return aboutMessage(page, menu.key, menu.id);
  }
}

function statuses(page: Page): Item[] {
  const { t, state } = page;
  const now = state?.me?.status;
  const words = { online: t.online, away: t.away, busy: t.busy, invisible: t.invisible } as const;
  return (Object.keys(words) as (keyof typeof words)[]).map((status) => ({
    test: `status-${status}`,
    sign: status === now ? 'check' : null,
    label: words[status],
    checked: status === now,
    run: () => setStatus(page, status),
  }));
}

function aboutContact(page: Page, key: string): Item[] {
  const { t, state } = page;
  const contact = state?.contacts.find((one) => one.key === key);
  if (!contact) return [];
  const ask = (question: 'remove' | 'block') => () =>
    page.change((here) => {
      here.question = { ask: question, person: contact };
    });
  const calls: Item[] = [
    { test: 'menu-call-video', sign: 'video', label: t.videoCall, key: 'Enter', run: () => void call(page, key, true) },
    { test: 'menu-call-voice', sign: 'phone', label: t.voiceCall, key: 'Ctrl+Enter', run: () => void call(page, key, false) },
  ];
  const write: Item = {
    test: 'menu-write',
    sign: 'messageCircle',
    label: t.write,
    run: () => {
      show(page, contact);
      page.focus('[data-test=write]');
    },
  };
  const check: Item = {
    test: 'menu-check',
    sign: 'eye',
    label: t.checkDevices,
    run: () =>
      page.change((here) => {
        here.question = { ask: 'devices', key };
      }),
  };
  return [
    ...(contact.key_changed ? [] : calls),
    ...(contact.key_changed ? [] : [check]),
    { test: 'menu-wave', sign: 'hand', label: t.wave, run: () => void wave(page, contact) },
    ...(contact.key_changed ? [] : [write]),
    { test: 'menu-details', sign: 'info', label: t.details, run: () => showDetails(page, contact) },
    { test: 'menu-remove', sign: 'userMinus', label: t.remove, danger: true, run: ask('remove') },
    { test: 'menu-block', sign: 'ban', label: t.block, danger: true, run: ask('block') },
  ];
}

/** What may be thought of a message in one touch. */
const REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🎉'];

function aboutMessage(page: Page, key: string, id: string): Item[] {
  const { t } = page;
  const { words } = page.here;
  const message = words?.of === key ? words.messages.find((one) => one.id === id) : undefined;
  if (!message) return [];
  const items: (Item | false)[] = [
    { test: 'menu-reply', sign: 'reply', label: t.answerWords, run: () => reply(page, message) },
    { test: 'menu-copy', sign: 'copy', label: t.copyText, run: () => void page.copy(`message ${id}`, message.text) },
    message.mine && { test: 'menu-change', sign: 'pencil', label: t.changeWords, run: () => change(page, message) },
    message.mine && { test: 'menu-take-back', sign: 'x', label: t.takeBackWords, danger: true, run: () => takeBack(page, message) },
  ];
  const thoughts = REACTIONS.map(
    (emoji): Item => ({ test: 'react', sign: null, label: emoji, group: t.reactions, checked: message.reactions.mine === emoji, run: () => react(page, message, emoji) }),
  );
  return [...items.filter((one) => one !== false), ...thoughts];
}

function devices(page: Page, kind: DeviceKind): Item[] {
  const { t, state } = page;
  const chosen = state?.settings.devices[kind] ?? null;
  const list = page.here.devices ? devicesOf(page.here.devices, kind) : [];
  const item = (uri: string | null, label: string): Item => ({
    test: 'device',
    sign: uri === chosen ? 'check' : null,
    label,
    uri: uri ?? '',
    checked: uri === chosen,
    run: () => chooseDevice(page, kind, uri),
  });
  return [
    item(null, defaultName(page, kind)),
    ...list.filter((one) => !one.test).map((one) => item(one.uri, deviceName(page, one, kind))),
    ...list.filter((one) => one.test).map((one) => ({ ...item(one.uri, deviceName(page, one, kind)), group: t.testSources })),
    ...(kind === 'camera' ? looks(page) : []),
  ];
}

/** How one's own picture looks, and whether others see it so. */
function looks(page: Page): Item[] {
  const { t, state } = page;
  const chosen = state?.settings.devices.filter ?? 'none';
  const out = state?.settings.devices.filter_out ?? false;
  const group = t.lookOfPicture;
  const all = Object.entries(filterNames(page)).map(
    ([look, label]): Item => ({ test: `look-${look}`, sign: look === chosen ? 'check' : null, label, group, checked: look === chosen, run: () => setFilter(page, look as Filter) }),
  );
  return chosen === 'none' ? all : [...all, { test: 'look-out', sign: out ? 'check' : null, label: t.filterOut, group, checked: out, run: () => setFilterOut(page, !out) }];
}

function aboutCall(page: Page, id: string): Item[] {
  const { t, state } = page;
  const of = state?.calls.find((one) => one.id === id);
  if (!of) return [];
  const { whole, statistics, kept } = page.here.stage;
  const others = otherCamera(page.here.devices, state?.settings.devices.camera ?? null);
  const sees = ({ camera }: CallSide): boolean => of.stage.type === 'on' && camera && !of.mine.held && !of.theirs.held;
  const items: (Item | false)[] = [
    of.stage.type === 'on' && {
      test: 'hold',
      sign: of.mine.held ? 'play' : 'pause',
      label: of.mine.held ? t.resume : t.hold,
      run: () => hold(page, id, !of.mine.held),
    },
    of.mine.camera && others !== null && { test: 'switch-camera', sign: 'switchCamera', label: t.switchCamera, run: () => chooseDevice(page, 'camera', others) },
    sees(of.theirs) && { test: 'take-theirs', sign: 'camera', label: t.takeTheirs, key: 'P', run: () => beginPicture(page, id, false, of.key) },
    sees(of.mine) && { test: 'take-mine', sign: 'camera', label: t.takeMine, key: 'Shift+P', run: () => beginPicture(page, id, true, of.key) },
    {
      test: 'self-toggle',
      sign: kept.selfAway ? 'eye' : 'eyeOff',
      label: kept.selfAway ? t.showSelf : t.hideSelf,
      run: () => remember(page, { selfAway: !kept.selfAway }),
    },
    !onePane() && { test: 'menu-whole', sign: whole ? 'panelLeft' : 'panelLeftClose', label: whole ? t.showPeople : t.wholeWindow, key: 'W', run: () => setWhole(page, !whole) },
    { test: 'menu-full', sign: 'maximize', label: t.fullScreen, key: 'F', run: () => void toggleFullScreen(page) },
    { test: 'menu-statistics', sign: 'activity', label: t.statistics, key: 'T', run: () => setStatistics(page, !statistics) },
  ];
  return items.filter((one) => one !== false);
}

function aboutCaller(page: Page, id: string): Item[] {
  const { t, state } = page;
  const key = state?.calls.find((one) => one.id === id)?.key;
  const contact = state?.contacts.find((one) => one.key === key);
  if (!contact) return [];
  return [
    {
      test: 'menu-block',
      sign: 'ban',
      label: t.block,
      danger: true,
      run: () =>
        page.change((here) => {
          here.question = { ask: 'block', person: contact };
        }),
    },
  ];
}
