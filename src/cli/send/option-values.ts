/* Values of options, out of their words; what they throw is shown behind the option. */

export function readPair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new Error('Give field=value.');
  const field = text.slice(0, at);
  const long = { to: 'destination_addr', from: 'source_addr', text: 'short_message' }[field] ?? field;
  return [long, text.slice(at + 1)];
}

export function readNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new Error('Give a number.');
}

export function readDelimiter(text: string): string {
  const character = text === '\\t' || text === 'tab' ? '\t' : text;
  if ([...character].length === 1 && !/["\n\r]/.test(character)) return character;
  throw new Error('Give one character, such as ";", or "tab".');
}
