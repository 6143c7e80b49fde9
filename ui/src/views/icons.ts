/** The icons in use, from Lucide (ISC), whose notice each drawing carries. */
import { html } from 'lit-html';
import { unsafeSVG } from 'lit-html/directives/unsafe-svg.js';
import arrowLeft from 'lucide-static/icons/arrow-left.svg?raw';
import ban from 'lucide-static/icons/ban.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import chevronDown from 'lucide-static/icons/chevron-down.svg?raw';
import circleAlert from 'lucide-static/icons/circle-alert.svg?raw';
import circleCheck from 'lucide-static/icons/circle-check.svg?raw';
import cloudOff from 'lucide-static/icons/cloud-off.svg?raw';
import copy from 'lucide-static/icons/copy.svg?raw';
import ellipsis from 'lucide-static/icons/ellipsis.svg?raw';
import folderOpen from 'lucide-static/icons/folder-open.svg?raw';
import globe from 'lucide-static/icons/globe.svg?raw';
import hand from 'lucide-static/icons/hand.svg?raw';
import info from 'lucide-static/icons/info.svg?raw';
import keyboard from 'lucide-static/icons/keyboard.svg?raw';
import monitor from 'lucide-static/icons/monitor.svg?raw';
import search from 'lucide-static/icons/search.svg?raw';
import settings from 'lucide-static/icons/settings.svg?raw';
import shieldCheck from 'lucide-static/icons/shield-check.svg?raw';
import triangleAlert from 'lucide-static/icons/triangle-alert.svg?raw';
import userMinus from 'lucide-static/icons/user-minus.svg?raw';
import userPlus from 'lucide-static/icons/user-plus.svg?raw';
import x from 'lucide-static/icons/x.svg?raw';

const DRAWINGS = {
  arrowLeft,
  ban,
  check,
  chevronDown,
  circleAlert,
  circleCheck,
  cloudOff,
  copy,
  ellipsis,
  folderOpen,
  globe,
  hand,
  info,
  keyboard,
  monitor,
  search,
  settings,
  shieldCheck,
  triangleAlert,
  userMinus,
  userPlus,
  x,
};

export type Icon = keyof typeof DRAWINGS;

/** Decoration only: whatever it stands on has words, or a label. */
export function icon(name: Icon): unknown {
  // Constants of the build, never data.
  return html`<span class="icon" aria-hidden="true">${unsafeSVG(DRAWINGS[name])}</span>`;
}
