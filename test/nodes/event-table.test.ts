import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EVENT_NAMES } from '../../src/index';

const ROOT = resolve(__dirname, '../..');
const read = (...path: string[]): Promise<string> => readFile(join(ROOT, ...path), 'utf8');

/** How many of the names are there as words in quotes. */
const named = (text: string): number =>
  EVENT_NAMES.filter((name) => text.includes(`'${name}'`) || text.includes(`${name}: true`)).length;

async function sources(room: string): Promise<string[]> {
  const files = await readdir(join(ROOT, room), { recursive: true });
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(room, file));
}

describe('An event', () => {
  it('is listed in the table of events, in the editor and in its words, and nowhere else', async () => {
    const listing: string[] = [];
    for (const file of [...(await sources('src/client')), ...(await sources('nodes'))])
      if (named(await read(file)) === EVENT_NAMES.length) listing.push(file);
    assert.deepEqual(listing, [join('src/client', 'events', 'events.ts')]);
  });

  it('can be chosen in the editor, with a label and a hint', async () => {
    const html = await read('nodes', 'smpp-in.html');
    const words = JSON.parse(await read('nodes', 'locales', 'en-US', 'smpp-in.json')) as {
      'smpp-in': Record<'event' | 'hint', Record<string, string>>;
    };
    const boxes = [...html.matchAll(/type="checkbox" value="(\w+)"/g)].map(([, name]) => name);
    assert.deepEqual(boxes.sort(), [...EVENT_NAMES].sort());
    assert.ok(
      html.includes(`[${EVENT_NAMES.map((name) => `'${name}'`).join(', ')}]`),
      'the list to check by',
    );
    for (const kind of ['event', 'hint'] as const)
      assert.deepEqual(Object.keys(words['smpp-in'][kind]).sort(), [...EVENT_NAMES].sort());
  });
});
