/** A fact of a line in Node-RED's log: a name, and a text in quotes or a word, which JSON reads where it can. */
const FACT = /("(?:[^"\\]|\\.)*"|[^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s)]+)/gy;

/** What a line in Node-RED's log says: the sentence and the facts. */
export interface NodeRedLine {
  readonly text: string;
  readonly facts: Record<string, unknown>;
}

/** Reads a line back; undefined where it is none of the engine's. */
export function readNodeRedLine(line: string): NodeRedLine | undefined {
  const begin = line.lastIndexOf('(event=');
  if (begin < 0 || !line.endsWith(')')) return undefined;
  const facts: [string, unknown][] = [];
  let at = begin + 1;
  while (at < line.length - 1) {
    FACT.lastIndex = at;
    const found = FACT.exec(line);
    if (!found) return undefined;
    const [, name = '', value = ''] = found;
    facts.push([String(name.startsWith('"') ? JSON.parse(name) : name), valueOf(value)]);
    at = FACT.lastIndex + 1;
  }
  return { text: line.slice(0, begin).trimEnd(), facts: Object.fromEntries(facts) };
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
