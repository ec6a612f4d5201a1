import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CommandError } from '../../src/cli/errors';
import { mappingOf, readRows, type Row, type RowOptions } from '../../src/cli/rows';

const NONE: RowOptions = { mapping: new Map(), fixed: {} };

async function* chunked(text: string | Buffer, size = Infinity): AsyncGenerator<Buffer> {
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

async function rows(
  text: string | Buffer,
  options: Partial<RowOptions> = {},
  size = Infinity,
): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of readRows(chunked(text, size), { ...NONE, ...options })) found.push(row);
  return found;
}

const fieldsOf = (found: readonly Row[]): unknown[] => found.map(({ fields }) => fields && { ...fields });
const refusal = async (text: string | Buffer, options: Partial<RowOptions> = {}): Promise<string> => {
  const error = await rows(text, options).then(
    () => assert.fail('it was read'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CommandError);
  assert.equal(error.exitCode, 2);
  return error.message;
};

/** A field as RFC 4180 quotes it. */
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('rows of a file', () => {
  describe('of CSV', () => {
    it('have quotes, separators and line breaks in their texts, and the line where they begin', async () => {
      const found = await rows('to,text\r\n1,"a, ""b""\r\nc"\r\n\r\n2,plain\r\n3,last');
      assert.deepEqual(fieldsOf(found), [
        { destination_addr: '1', short_message: 'a, "b"\nc' },
        { destination_addr: '2', short_message: 'plain' },
        { destination_addr: '3', short_message: 'last' },
      ]);
      assert.deepEqual(
        found.map(({ number, line }) => [number, line]),
        [
          [1, 2],
          [2, 5],
          [3, 6],
        ],
      );
    });

    it('may be separated by semicolons or tabs, as the head says, or by what is asked for', async () => {
      const wanted = [{ destination_addr: '1', short_message: 'a,b' }];
      assert.deepEqual(fieldsOf(await rows('to;text\n1;a,b\n')), wanted);
      assert.deepEqual(fieldsOf(await rows('to\ttext\n1\ta,b\n')), wanted);
      assert.deepEqual(fieldsOf(await rows('to|text\n1|a,b\n', { delimiter: '|' })), wanted);
    });

    it('are bad where they have too few or too many columns, or a stray quote, and the rest goes on', async () => {
      const found = await rows('to,text\n1\n2,a,b\n3,x"y"\n4,"x"y\n5,"good"\n');
      assert.deepEqual(
        found.map(({ line, problem, fields }) => [line, problem?.slice(0, 16), fields?.['short_message']]),
        [
          [2, 'it has 1 column,', undefined],
          [3, 'it has 3 columns', undefined],
          [4, 'a quote stands w', undefined],
          [5, 'a quote stands w', undefined],
          [6, undefined, 'good'],
        ],
      );
    });

    it('end at a quote that is not closed, whose line is named', async () => {
      const found = await rows('to,text\n1,a\n2,"b\n3,c\n4,d\n');
      assert.deepEqual(
        found.map(({ number, line }) => [number, line]),
        [
          [1, 2],
          [2, 3],
        ],
      );
      assert.match(found[1]?.problem ?? '', /not closed/);
      // Also where it is a long way to the end, or to the next quote.
      const long = await rows(`to,text\n1,a\n2,"b\n${'3,c\n'.repeat(50_000)}4,"d"\n`);
      assert.deepEqual(
        long.map(({ line }) => line),
        [2, 3],
      );
    });

    it('need a head, each column once', async () => {
      assert.match(await refusal(''), /the file is empty/);
      assert.match(await refusal('to,text,to\n1,2,3\n'), /line 1: the column "to" is there twice/);
    });

    it('come back as they were written, wherever the octets are cut', async () => {
      const text = fc.string({ unit: 'grapheme', minLength: 1 }).map((one) => one.replace(/\r\n?/g, '\n'));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(text, text), { minLength: 1 }),
          fc.integer({ min: 1, max: 9 }),
          async (table, size) => {
            const lines = table.map((row) => row.map(quoted).join(','));
            const found = await rows(`a,b\n${lines.join('\n')}`, { format: 'csv' }, size);
            assert.deepEqual(
              fieldsOf(found),
              table.map(([a, b]) => ({ a, b })),
            );
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  describe('of JSON lines', () => {
    it('are objects; what is none is bad, and the rest goes on', async () => {
      const found = await rows('{"to": 1, "text": "a"}\n\n[1]\n{"to":\n{"to": "2"}', {}, 3);
      assert.deepEqual(
        found.map(({ line, fields, problem }) => [line, fields?.['destination_addr'], problem?.slice(0, 9)]),
        [
          [1, 1, undefined],
          [3, undefined, 'give a JS'],
          [4, undefined, 'it is no '],
          [5, '2', undefined],
        ],
      );
    });

    it('come back as they were written, wherever the octets are cut', async () => {
      const values = fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => !/^(to|from|text|metadata|tlvs|__proto__)/.test(name)),
        fc.oneof(fc.string({ minLength: 1 }), fc.integer()),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(values, { minLength: 1 }),
          fc.integer({ min: 1, max: 9 }),
          async (table, size) => {
            const found = await rows(
              table.map((one) => JSON.stringify(one)).join('\n'),
              { format: 'jsonl' },
              size,
            );
            assert.deepEqual(
              fieldsOf(found),
              table.map((one) => ({ ...one })),
            );
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  describe('in other characters', () => {
    it('may have a BOM', async () => {
      assert.deepEqual(fieldsOf(await rows('\ufeffto,text\n1,ä\n')), [
        { destination_addr: '1', short_message: 'ä' },
      ]);
    });

    it('are refused with the line where they are no UTF-8, wherever the octets are cut', async () => {
      const latin1 = Buffer.from('to,text\n1,a\n2,ä\n3,b\n', 'latin1');
      assert.match(await refusal(latin1), /^line 3 is not UTF-8; give --encoding, such as latin1/);
      for (let size = 1; size < latin1.length; size++)
        await assert.rejects(rows(latin1, {}, size), /^Error: line 3 is not UTF-8/, String(size));
      const found = await rows(latin1, { encoding: 'latin1' });
      assert.equal(found[1]?.fields?.['short_message'], 'ä');
    });

    it('are called by their name where they are UTF-16, and read with --encoding', async () => {
      const utf16 = Buffer.from('\ufeffto,text\n1,ä\n', 'utf16le');
      assert.match(await refusal(utf16), /UTF-16; give --encoding utf-16le/);
      assert.match(await refusal(utf16.subarray(2)), /looks like UTF-16/);
      assert.match(await refusal(Buffer.from('\0\x01\x02abcdefgh')), /it is no text/);
      const found = await rows(utf16, { encoding: 'utf-16le' });
      assert.equal(found[0]?.fields?.['short_message'], 'ä');
    });

    it('are refused where the encoding is none', async () => {
      assert.match(await refusal('to\n1', { encoding: 'klingon' }), /--encoding klingon is not known/);
    });
  });

  it('end by themselves, or with an error that names the remedy, whatever the octets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        async (octets, size) => {
          await rows(Buffer.from(octets), {}, size).catch((error: unknown) =>
            assert.ok(error instanceof CommandError),
          );
        },
      ),
    );
  });

  describe('and their columns', () => {
    it('are mapped to fields, passed over, or put into metadata and TLVs', async () => {
      const mapping = mappingOf(['phone=to,name=metadata.name', 'note=', 'id=tlvs.user_message_reference']);
      const [row] = await rows('phone,text,name,note,id\n1,Hi,Ann,secret,7\n', { mapping });
      assert.deepEqual(row?.fields, {
        destination_addr: '1',
        short_message: 'Hi',
        metadata: { name: 'Ann' },
        tlvs: { user_message_reference: '7' },
      });
    });

    it('that are empty leave what all have', async () => {
      const found = await rows('to,from\n1,\n2,70123\n', {
        fixed: { source_addr: '4711', short_message: 'x' },
      });
      assert.deepEqual(
        found.map(({ fields }) => fields?.['source_addr']),
        ['4711', '70123'],
      );
    });

    it('are refused where the mapping is none', () => {
      assert.throws(() => mappingOf(['phone']), /--map phone: give column=field/);
    });
  });
});
