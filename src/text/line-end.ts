/** A text without the line ends behind it: files that hold a secret mostly end in one. Blanks may be part of it. */
export function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, '');
}
