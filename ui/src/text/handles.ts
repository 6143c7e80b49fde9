/** Why something typed can't be a handle. */
import type { HandleFault } from '../model/handle';

export const handleFaultsEn: Record<HandleFault, string> = {
  empty: 'Type a handle.',
  too_short: 'A handle has at least 2 characters.',
  too_long: 'A handle has at most 32 characters.',
  odd_character: 'Only a to z, 0 to 9, dot, dash and underscore, please.',
  odd_shape: 'Begin with a letter, end with a letter or digit, and put no two marks side by side.',
  reserved: 'This one is kept back, so that nobody can pose as the server. Choose another.',
};

export const handleFaultsZh: Record<HandleFault, string> = {
  empty: '请输入用户名。',
  too_short: '用户名至少需要 2 个字符。',
  too_long: '用户名最多 32 个字符。',
  odd_character: '只能使用 a 到 z、0 到 9、点、短横线和下划线。',
  odd_shape: '请以字母开头，以字母或数字结尾，并且不要连用两个符号。',
  reserved: '这个用户名已被保留，以免有人冒充服务器。请换一个。',
};
