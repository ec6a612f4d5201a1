import fc from 'fast-check';

/** The default alphabet in its own order, written down independently of the code under test. */
export const BASIC = Array.from(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ' +
    ' !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§' +
    '¿abcdefghijklmnopqrstuvwxyzäöñüà',
);

export const EXTENDED = Array.from('\f^{}\\[~]|€');

export function gsmText(options: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom(...BASIC, ...EXTENDED), { maxLength: 500, ...options })
    .map((characters) => characters.join(''));
}

/** Any characters, now and then many of one kind together. */
export function anyText(maxLength = 300): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', maxLength });
}
