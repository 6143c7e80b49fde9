/** The icons in use, from Lucide (ISC), whose notice each drawing carries. */
import { html } from 'lit-html';
import { unsafeSVG } from 'lit-html/directives/unsafe-svg.js';
import activity from 'lucide-static/icons/activity.svg?raw';
import archive from 'lucide-static/icons/archive.svg?raw';
import arrowDownLeft from 'lucide-static/icons/arrow-down-left.svg?raw';
import arrowLeft from 'lucide-static/icons/arrow-left.svg?raw';
import arrowUpRight from 'lucide-static/icons/arrow-up-right.svg?raw';
import ban from 'lucide-static/icons/ban.svg?raw';
import camera from 'lucide-static/icons/camera.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import checkCheck from 'lucide-static/icons/check-check.svg?raw';
import chevronDown from 'lucide-static/icons/chevron-down.svg?raw';
import chevronUp from 'lucide-static/icons/chevron-up.svg?raw';
import circleAlert from 'lucide-static/icons/circle-alert.svg?raw';
import circleCheck from 'lucide-static/icons/circle-check.svg?raw';
import clock from 'lucide-static/icons/clock.svg?raw';
import cloudOff from 'lucide-static/icons/cloud-off.svg?raw';
import copy from 'lucide-static/icons/copy.svg?raw';
import download from 'lucide-static/icons/download.svg?raw';
import ellipsis from 'lucide-static/icons/ellipsis.svg?raw';
import eye from 'lucide-static/icons/eye.svg?raw';
import eyeOff from 'lucide-static/icons/eye-off.svg?raw';
import file from 'lucide-static/icons/file.svg?raw';
import files from 'lucide-static/icons/files.svg?raw';
import fileText from 'lucide-static/icons/file-text.svg?raw';
import film from 'lucide-static/icons/film.svg?raw';
import folderOpen from 'lucide-static/icons/folder-open.svg?raw';
import globe from 'lucide-static/icons/globe.svg?raw';
import hand from 'lucide-static/icons/hand.svg?raw';
import image from 'lucide-static/icons/image.svg?raw';
import info from 'lucide-static/icons/info.svg?raw';
import keyboard from 'lucide-static/icons/keyboard.svg?raw';
import maximize from 'lucide-static/icons/maximize.svg?raw';
import messageCircle from 'lucide-static/icons/message-circle.svg?raw';
import mic from 'lucide-static/icons/mic.svg?raw';
import micOff from 'lucide-static/icons/mic-off.svg?raw';
import minimize from 'lucide-static/icons/minimize.svg?raw';
import monitor from 'lucide-static/icons/monitor.svg?raw';
import music from 'lucide-static/icons/music.svg?raw';
import panelLeft from 'lucide-static/icons/panel-left.svg?raw';
import panelLeftClose from 'lucide-static/icons/panel-left-close.svg?raw';
import paperclip from 'lucide-static/icons/paperclip.svg?raw';
import pause from 'lucide-static/icons/pause.svg?raw';
import pencil from 'lucide-static/icons/pencil.svg?raw';
import phone from 'lucide-static/icons/phone.svg?raw';
import phoneMissed from 'lucide-static/icons/phone-missed.svg?raw';
import phoneOff from 'lucide-static/icons/phone-off.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import reply from 'lucide-static/icons/reply.svg?raw';
import search from 'lucide-static/icons/search.svg?raw';
import send from 'lucide-static/icons/send.svg?raw';
import settings from 'lucide-static/icons/settings.svg?raw';
import shieldCheck from 'lucide-static/icons/shield-check.svg?raw';
import smile from 'lucide-static/icons/smile.svg?raw';
import switchCamera from 'lucide-static/icons/switch-camera.svg?raw';
import triangleAlert from 'lucide-static/icons/triangle-alert.svg?raw';
import userMinus from 'lucide-static/icons/user-minus.svg?raw';
import userPlus from 'lucide-static/icons/user-plus.svg?raw';
import video from 'lucide-static/icons/video.svg?raw';
import videoOff from 'lucide-static/icons/video-off.svg?raw';
import volume from 'lucide-static/icons/volume-2.svg?raw';
import volumeOff from 'lucide-static/icons/volume-x.svg?raw';
import x from 'lucide-static/icons/x.svg?raw';

const DRAWINGS = {
  activity,
  archive,
  arrowDownLeft,
  arrowLeft,
  arrowUpRight,
  ban,
  camera,
  download,
  fileText,
  film,
  image,
  music,

  check,
  checkCheck,
  chevronDown,
  chevronUp,
  circleAlert,
  circleCheck,
  clock,
  cloudOff,
  copy,
  ellipsis,
  eye,
  eyeOff,
  file,
  files,
  folderOpen,
  globe,
  hand,
  info,
  keyboard,
  maximize,
  messageCircle,
  mic,
  micOff,
  minimize,
  monitor,
  panelLeft,
  panelLeftClose,
  paperclip,
  pause,
  pencil,
  phone,
  phoneMissed,
  phoneOff,
  play,
  reply,
  search,
  send,
  settings,
  shieldCheck,
  smile,
  switchCamera,
  triangleAlert,
  userMinus,
  userPlus,
  video,
  videoOff,
  volume,
  volumeOff,
  x,
};

export type Icon = keyof typeof DRAWINGS;

/** Decoration only: whatever it stands on has words, or a label. */
export function icon(name: Icon): unknown {
  // Constants of the build, never data.
  return html`<span class="icon" aria-hidden="true">${unsafeSVG(DRAWINGS[name])}</span>`;
}
