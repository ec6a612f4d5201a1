import type * as Iconv from 'iconv-lite';

/** iconv-lite, loaded when a text first needs one of its character sets. */
export function iconv(): typeof Iconv {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- lazily: GSM, UCS2 and Latin-1 do without
  return require('iconv-lite') as typeof Iconv;
}
