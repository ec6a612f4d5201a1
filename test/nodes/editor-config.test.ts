import assert from 'node:assert/strict';
import { CONFIG_PROPERTIES, PART_PROPERTIES } from '../../nodes/configuration';
import { BACKENDS, OPTIONS, clientDirectory, findProblems, type Backend } from '../../src/index';
import type { Dialog } from './support/dialog';
import { EditorNode } from './support/editor';

const editor = new EditorNode('smpp-config');
const { defaults, credentials } = editor.definition;

/** Who names no queue has one in memory in the library, and on disk in the editor. */
const beside = (property: string): object => (property === 'clientId' ? { queue: 'memory' } : {});
/** Only the receiver of a pair has its own. */
const pair = (property: string): object =>
  property === 'logFile'
    ? { logTarget: 'file' }
    : property.startsWith('receiver')
      ? { bindType: 'pair' }
      : {};

/** Values that some option takes and some option refuses. */
const PROBES: unknown[] = [
  '', ' ', '0', '1', '1.5', '-1', 'abc', '0x10', '1e3', '255', '256', '65535', '65536', '100', '100.5', '0.05', '0.001',
  '100000', '100001', '131072', '16777217', '1000001', '2000001', '100000001', '10000001', 0, 1, 50, 70_000, -3, 0.5,
  'auto', 'true', 'false', 'transceiver', 'receiver', 'pair', '3.4', '3.3', '5.0', '4.0', 'info', 'verbose', 'reject',
  'drop-oldest', 'wait', 'block', 'strict', 'replace', 'transliterate', 'ignore',
  'turkish', 'Turkish, spanish,', '["hindi"]', 'turkish klingon', '[""]', ',', '{}', '{"a":1}', '[]', '[1]', 'null', '{',
  '[{"tag":5123,"name":"operator","type":"string"}]', '[{"tag":"0x1403","name":"op","type":"int8"}]',
  '[{"tag":-1,"name":"op","type":"int8"}]', '[{"tag":5123,"name":"9","type":"int8"}]', '[{"tag":5123,"name":"op","type":"float"}]',
  '[{"tag":5121,"name":"id","type":"string","min":19,"max":19}]', '[{"tag":5121,"name":"id","type":"cstring","max":65535}]', '[{"tag":5121,"name":"id","type":"int8","max":1}]',
  '[{"tag":5121,"name":"id","type":"octets","min":2,"max":1}]', '[{"tag":5121,"name":"id","type":"octets","multiple":true}]', '[{"tag":5121,"name":"id","type":"octets","multiple":1}]',
  '[{"host":"b.example","port":2776}]', '[{"host":"b","receiverHost":"c","receiverPort":"2"}]', '[{"host":"b","port":99999}]',
  '[{"host":"b","port":0}]', '[{"port":1}]', '[{"host":" "}]', '[{"host":"b","name":"c"}]', '["b"]',
  'ESME_ROK', 'ESME_RX_T_APPN', '0x64', '0x00000401', '0x1FFFFFFFF', '4294967296', 'ROK', 'hex', 'esm_class', 'last',
  'id:(?<id>\\S+)', '(?i)id:(?P<id>\\w+) (?P<stat>\\w+)', '(?<id>', '(?<text>.*)', '{"A":"DELIVRD"}', '{"A":{"state":"UNDELIV","final":true}}',
  '{"A":{"final":1}}', '{"A":{"end":true}}', '{"A":""}', 'UTC', 'Europe/Berlin', '+02:00', '-0330', '+02', 'Z', '+2', 'Mars/Olympus', 'manual',
  '{"ESME_RSYSERR":"fail","0x00000401":"throttle","8":"retry"}', '{"ESME_ROK":"fail"}', '{"0":"fail"}', '{"ESME_RSYSERR":"wait"}',
  '{"ESME_RSYSERR":"ok"}', '{"0x100000000":"fail"}', '{"esme":"fail"}', 'at-least-once', 'at-most-once', 'exactly-once',
  '{"1":"gsm0338"}', '{"0xf5":"latin1"}', '{"256":"gsm0338"}', '{"1":""}', '{"-1":"ascii"}', 'naz', 'latin1', 'later',
  '192.0.2.1', '192.0.2.256', '192.0.2.1.', ' 192.0.2.1 ', '::1', 'fe80::1%eth0', '[::1]', 'a b', 'smsc.example', 'smsc.example.', 'smsc.example:2775',
  'smpp://smsc.example', 'a@b', 'eth0', '[{"host":"b:2775"}]', '[{"host":"::1","receiverHost":"c d"}]',
  'abcdefabcdef', '      abcdef', '["abcdefabcdef","short"]', '["abcdefabcdef"]', '[abcdefabcdef', '[]', 'a'.repeat(12), 'a'.repeat(13), 'a'.repeat(16), 'a'.repeat(41), 'a'.repeat(65), 'a'.repeat(256), 'Müller', '${HOST}',
]; // prettier-ignore

describe('the dialog of smpp-config', () => {
  it('has all options of the client, and the TLS configuration and the parts', () => {
    const own = ['version', 'tls', 'queueTls', 'outbindTls', ...PART_PROPERTIES];
    assert.deepEqual(
      Object.keys(defaults)
        .filter((name) => !own.includes(name))
        .sort(),
      [...CONFIG_PROPERTIES].sort(),
    );
    assert.deepEqual(Object.keys(credentials ?? {}), [
      'systemId',
      'password',
      'receiverSystemId',
      'receiverPassword',
      'outbindSystemId',
      'outbindPassword',
      'queueKey',
      'queueUrl',
      'correlationUrl',
    ]);
    assert.equal(credentials?.password?.type, 'password');
    assert.equal(credentials?.receiverPassword?.type, 'password');
    assert.equal(credentials?.outbindPassword?.type, 'password');
  });

  it('has fields of one width in its tabs, of secrets too', () => {
    const tabs = editor.template.slice(editor.template.indexOf('class="smpp-config-tab"'));
    const kinds = new Set([...tabs.matchAll(/<input type="(text|password)"/g)].map(([, kind]) => kind));
    assert.deepEqual([...kinds].sort(), ['password', 'text']);
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(editor.html) ?? [];
    const [rule = ''] = /\n[^{}]*\{\s*width: calc\(100% - 195px\);/.exec(style) ?? [];
    for (const kind of kinds) assert.ok(rule.includes(`.form-row input[type='${kind}']`), kind);
  });

  for (const property of CONFIG_PROPERTIES) {
    it(`has the default of the client for ${property}`, () => {
      const { value } = defaults[property] ?? {};
      const given = findProblems({ [property]: value });
      assert.deepEqual(given, []);
      const { fallback, check } = OPTIONS[property as keyof typeof OPTIONS];
      const result = value === '' ? { value: fallback } : check(value);
      assert.deepEqual(result, { value: fallback });
    });

    it(`takes for ${property} what the client takes, and says what to do about the rest`, () => {
      for (const value of PROBES) {
        if (value === '${HOST}') continue;
        const options = { ...pair(property), [property]: value };
        const taken = findProblems(options).every(({ field }) => field !== property);
        const said = editor.validate(property, value, {
          tls: 'chosen',
          ...beside(property),
          ...pair(property),
        });
        assert.equal(said === true, taken, `${property} ${JSON.stringify(value)}: ${String(said)}`);
        if (said === true) continue;
        assert.match(String(said), /^[A-Z].*: .{10}/, String(said));
        assert.doesNotMatch(String(said), /undefined|__|smpp-config\./, String(said));
      }
    });
  }

  it('takes the list of other hosts as the client does, also as it saves it', () => {
    const lists: unknown[] = [
      [],
      [{ host: 'b' }],
      [{ host: 'b', port: '2775' }],
      [{ host: '' }],
      [{}],
      [null],
    ];
    for (const list of lists) {
      const taken = findProblems({ failover: list as [] }).length === 0;
      assert.equal(editor.validate('failover', list) === true, taken, JSON.stringify(list));
    }
  });

  it('takes the list of senders as the client does, also as it saves it', () => {
    const lists: unknown[] = [
      [],
      [
        { prefix: '+44', source: 'Shop' },
        { prefix: '4478', source: 12345 },
        { prefix: '*', source: 'A' },
      ],
      [
        { prefix: '', source: 'A' },
        { prefix: '*', source: 'B' },
      ],
      [
        { prefix: '44', source: 'A' },
        { prefix: '+44', source: 'B' },
      ],
      [{ prefix: '4x', source: 'A' }],
      [{ prefix: '1'.repeat(16), source: 'A' }],
      [{ prefix: '44' }],
      [{ prefix: '44', source: '' }],
      [{ prefix: '44', source: 'A', more: 1 }],
      [null],
      '[{"prefix":"44","source":"Shop"}]',
      {},
    ];
    for (const list of lists) {
      const taken = findProblems({ sourceByPrefix: list as [] }).length === 0;
      assert.equal(editor.validate('sourceByPrefix', list) === true, taken, JSON.stringify(list));
    }
  });

  it('takes environment variables and blanks everywhere', () => {
    for (const property of Object.keys({ ...defaults, ...credentials })) {
      for (const value of ['', undefined, '${SOMETHING}']) {
        assert.equal(editor.validate(property, value), true, property);
      }
    }
  });

  it('takes credentials as the client does', () => {
    for (const property of [
      'systemId',
      'password',
      'receiverSystemId',
      'receiverPassword',
      'outbindSystemId',
      'outbindPassword',
      'queueKey',
    ] as const) {
      for (const value of PROBES.filter((probe) => typeof probe === 'string' && !probe.startsWith('$'))) {
        const options = { systemId: 'a', ...pair(property), [property]: value as string };
        const taken = findProblems(options).length === 0;
        const node = { ...pair(property), credentials: { systemId: 'a' } };
        assert.equal(editor.validate(property, value, node) === true, taken, `${property} ${String(value)}`);
      }
    }
  });

  it('knows what does not go together', () => {
    const version = { interfaceVersion: '3.3' };
    assert.match(String(editor.validate('bindType', 'transceiver', version)), /3\.3 has no transceiver/);
    for (const bindType of ['receiver', 'pair'])
      assert.equal(editor.validate('bindType', bindType, version), true);
    const own = { receiverHost: 'b', receiverPort: 1, receiverSystemId: 'b', receiverPassword: 'c' };
    for (const [property, value] of Object.entries(own)) {
      assert.match(String(editor.validate(property, value)), /only the receiver of a pair has its own/);
    }
    const alone = editor.validate('receiverSystemId', 'b', { bindType: 'pair' });
    assert.match(String(alone), /the transmitter of the pair has no system ID/);
    const hosts = editor.validate('failover', [{ host: 'b' }, { host: 'c', port: 99_999 }]);
    assert.match(String(hosts), /host 2 of the list needs .* a port from 1 to 65535/);
    const address = editor.validate('localAddress', '::1', { host: '192.0.2.1' });
    assert.match(String(address), /192\.0\.2\.1 cannot be reached from there.*IPv4/);
    assert.equal(editor.validate('localAddress', '::1', { host: 'smsc.example' }), true);
    assert.match(String(editor.validate('reconnectMax', 5, { reconnectMin: 10 })), /at least .*10/);
    assert.match(String(editor.validate('useTls', true, { tls: '' })), /choose a TLS configuration/);
    assert.equal(editor.validate('useTls', true, { tls: 'some-id' }), true);
  });

  it('asks for a directory and a clientId that a queue on disk can have', () => {
    for (const clientId of ['a', 'A-1_b.c', '.', '../x', 'x/y', 'nul', 'com1.x', 'x.', 'é', 'a'.repeat(65)]) {
      let safe: unknown = true;
      try {
        clientDirectory('/any', clientId);
      } catch {
        safe = false;
      }
      for (const queue of [undefined, 'disk']) {
        assert.equal(editor.validate('clientId', clientId, { queue }) === true, safe, clientId);
      }
      assert.equal(editor.validate('clientId', clientId, { queue: 'memory' }), true);
    }
    for (const directory of ['/var/lib/smpp', 'C:\\smpp', 'd:/smpp', '\\\\server\\smpp']) {
      assert.equal(editor.validate('queueDirectory', directory), true, directory);
    }
    for (const directory of ['smpp', './smpp', '~/smpp', 'C:smpp']) {
      assert.match(String(editor.validate('queueDirectory', directory)), /give an absolute path/);
      assert.equal(editor.validate('queueDirectory', directory, { queue: 'memory' }), true);
    }
  });

  describe('of a queue on a server', () => {
    const URLS = [
      ...[
        'redis://localhost',
        'rediss://me:pw@redis.example:6380/2',
        'redis://[::1]:6379',
        'REDIS://h',
        'amqp://guest:guest@h/vhost',
      ],
      ...[
        'amqps://h:5671',
        'localhost:6379',
        'http://h',
        'redis:h',
        'redis://',
        'redis://me:pa/ss@h',
        'redis://me:100%@h',
        ' ',
        'abc',
      ],
    ];
    const servers = Object.entries<Backend>(BACKENDS).filter(([, { reads }]) => reads.includes('queueUrl'));
    const problemsOf = (options: object, field: string): number =>
      findProblems({ clientId: 'a', queueDirectory: '/any', ...options }).filter((one) => one.field === field)
        .length;

    it('is there for more than one kind, each with a URL that it takes where none is given', () => {
      assert.ok(servers.length >= 2);
      for (const [queue, { placeholders = {} }] of servers) {
        assert.match(placeholders.queueUrl ?? '', /^[a-z]+:\/\/127\.0\.0\.1:\d+$/);
        assert.equal(problemsOf({ queue }, 'queueUrl'), 0);
        assert.equal(problemsOf({ queue, queueUrl: placeholders.queueUrl }, 'queueUrl'), 0);
      }
    });

    for (const [queue] of servers) {
      it(`takes the URLs that the engine takes for ${queue}`, () => {
        for (const queueUrl of URLS)
          assert.equal(
            editor.validate('queueUrl', queueUrl, { queue }) === true,
            problemsOf({ queue, queueUrl }, 'queueUrl') === 0,
            `${queue} ${queueUrl}`,
          );
        for (const stored of ['__PWRD__', '${URL}', ''])
          assert.equal(editor.validate('queueUrl', stored, { queue }), true);
        assert.match(
          String(editor.validate('queueUrl', 'http://h', { queue })),
          /^Queue URL: give a URL such as /,
        );
        assert.equal(editor.validate('queueUrl', 'http://h', { queue: 'disk' }), true);
      });

      it(`takes the URLs of a Redis beside it that the engine takes for ${queue}`, () => {
        for (const correlationUrl of URLS)
          assert.equal(
            editor.validate('correlationUrl', correlationUrl, { queue }) === true,
            problemsOf({ queue, correlationUrl }, 'correlationUrl') === 0,
            `${queue} ${correlationUrl}`,
          );
      });

      it(`takes the prefixes that the engine takes for ${queue}`, () => {
        for (const keyPrefix of ['smpp', 'a:b', 'a{b', 'ü'])
          assert.equal(
            editor.validate('keyPrefix', keyPrefix, { queue }) === true,
            problemsOf({ queue, keyPrefix }, 'keyPrefix') === 0,
            keyPrefix,
          );
      });

      it(`has a TLS configuration only with an encrypted URL of ${queue}`, () => {
        const scheme = BACKENDS[queue as keyof typeof BACKENDS].placeholders?.queueUrl?.split(':')[0] ?? '';
        const validate = (queueUrl: string): unknown =>
          editor.validate('queueTls', 'some-id', { queue, credentials: { queueUrl } });
        for (const url of [`${scheme}s://h`, '__PWRD__', '${URL}']) assert.equal(validate(url), true, url);
        for (const url of [`${scheme}://h`, ''])
          assert.match(String(validate(url)), new RegExp(`begins with ${scheme}s://`));
        assert.equal(editor.validate('queueTls', 'some-id', { queue: 'disk' }), true);
      });
    }
  });

  it('shows host, port, system ID and password first, and the rest on demand', () => {
    const [first = '', rest = ''] = editor.template.split('id="smpp-config-advanced"');
    const shown = (html: string): string[] =>
      [...html.matchAll(/id="node-config-input-(\w+)"/g)].map(([, name = '']) => name);
    assert.deepEqual(shown(first), ['name', 'host', 'port', 'systemId', 'password']);
    assert.match(rest, /^ style="display: none"/);
    const hidden = ['version', 'failover', 'sourceByPrefix'];
    assert.match(rest, /<ol id="smpp-config-failover">/);
    assert.deepEqual(
      [...shown(first), ...shown(rest)].sort(),
      [...Object.keys(defaults), ...Object.keys(credentials ?? {})]
        .filter((name) => !hidden.includes(name))
        .sort(),
    );
  });

  it('has a field for JSON wherever JSON is asked for', () => {
    const dialog = new EditorNode('smpp-config').open({});
    const typed = (name: string): string | undefined => dialog.typed(`node-config-input-${name}`);
    const isJson = ({ value }: { value?: unknown }): boolean => value === '{}' || value === '[]';
    const asked = Object.keys(defaults).filter((name) => isJson(defaults[name] ?? {}));
    assert.ok(asked.includes('dataCodings') && asked.includes('vendorTlvs'));
    assert.deepEqual(
      Object.keys(defaults).filter((name) => typed(name) === 'json'),
      asked,
    );
  });

  it("shows what is the receiver's own only for a pair", () => {
    const dialog = new EditorNode('smpp-config').open({ bindType: 'pair' });
    assert.equal(dialog.shows('smpp-config-pair'), true);
    dialog.choose('node-config-input-bindType', 'receiver');
    assert.equal(dialog.shows('smpp-config-pair'), false);
  });

  it('calls a connection by its name, else by its address', () => {
    const { label } = editor.definition;
    assert.equal(label.call({ name: 'Carrier' }), 'Carrier');
    assert.equal(label.call({ host: 'smsc.example', port: 2776 }), 'smsc.example:2776');
    assert.equal(label.call({}), '127.0.0.1:2775');
  });
});

describe('the parts of smpp-config that plugins can replace', () => {
  const INSTALLED = {
    'smpp-store': ['mine', 'both'],
    'smpp-queue': ['post', 'both'],
    'smpp-rate-limiter': ['shared'],
    'smpp-throttle-handler': [],
    'smpp-correlator': [],
    'smpp-sequence': [],
    'smpp-codec': ['greek'],
  };
  const BUILT_IN = {
    queue: Object.keys(BACKENDS),
    rateLimiter: ['token-bucket'],
    throttleHandler: ['adaptive', 'sampling'],
    correlator: ['store'],
    sequence: ['counter'],
  };
  const STORE_OPTIONS = [...editor.template.matchAll(/smpp-config-reads-(\w+)/g)].map(
    ([, name = '']) => name,
  );
  /** They stand elsewhere in the dialog, for whatever queue. */
  const STORE_OPTIONS_OF_ALL = [
    ...['clientId', 'name', 'correlationCapacity', 'windowSize', 'sessions', 'sendRate', 'burst'],
  ];
  const id = (property: string): string => `node-config-input-${property}`;
  /** Each with a script of its own: what is installed is asked for once for all dialogs. */
  const open = (node: object): { editor: EditorNode; dialog: Dialog } => {
    const fresh = new EditorNode('smpp-config');
    return { editor: fresh, dialog: fresh.open(node) };
  };
  const values = (dialog: Dialog, property: string): string[] =>
    dialog.choices(id(property)).map(([value]) => value);

  it('are those of the client, and what is built in comes first', () => {
    const { dialog } = open({});
    for (const property of PART_PROPERTIES) {
      assert.deepEqual(values(dialog, property), BUILT_IN[property]);
      assert.equal(dialog.value(id(property)), BUILT_IN[property][0]);
      for (const value of BUILT_IN[property]) {
        assert.deepEqual(findProblems({ [property]: value, queueDirectory: '/any' }), []);
      }
      assert.equal(editor.validate(property, 'somebodys-plugin'), true);
      assert.match(String(editor.validate(property, ' x')), /or the id of a plugin/);
    }
  });

  it('can be chosen from the plugins that are installed', () => {
    const { editor: fresh, dialog } = open({ queue: 'memory', rateLimiter: 'shared' });
    assert.deepEqual(
      dialog.asked.map(({ url }) => url),
      ['smpp-config/plugins'],
    );
    dialog.asked[0]?.answer(INSTALLED);
    assert.deepEqual(values(dialog, 'queue'), [...BUILT_IN.queue, 'mine', 'both', 'post']);
    assert.equal(dialog.value(id('queue')), 'memory');
    assert.deepEqual(dialog.choices(id('rateLimiter')).at(-1), ['shared', 'shared']);
    assert.equal(dialog.value(id('rateLimiter')), 'shared');
    assert.deepEqual(values(dialog, 'sequence'), ['counter']);
    fresh.close();
    assert.equal(fresh.validate('queue', 'post'), true);
    assert.equal(fresh.validate('rateLimiter', '${LIMITER}'), true);
    assert.match(String(fresh.validate('rateLimiter', 'post')), /^Paced by: there is no such plugin/);
  });

  it('stay as they were saved where the plugin is not installed, which is said', () => {
    const { dialog } = open({ queue: 'gone', sequence: '${SEQUENCE}' });
    assert.deepEqual(dialog.choices(id('queue')).at(-1), ['gone', 'gone']);
    dialog.asked[0]?.answer(INSTALLED);
    assert.deepEqual(dialog.choices(id('queue')).at(-1), ['gone', 'gone (not installed)']);
    assert.equal(dialog.value(id('queue')), 'gone');
    assert.deepEqual(dialog.choices(id('sequence')).at(-1), ['${SEQUENCE}', '${SEQUENCE}']);
    assert.equal(dialog.value(id('sequence')), '${SEQUENCE}');
  });

  it('keep what was chosen before the answer came', () => {
    const { dialog } = open({ queue: 'gone' });
    dialog.choose(id('queue'), 'memory');
    dialog.asked[0]?.answer(INSTALLED);
    assert.equal(dialog.value(id('queue')), 'memory');
    assert.ok(values(dialog, 'queue').includes('gone'));
  });

  it('show the fields that belong to the choice', () => {
    const { dialog } = open({ queue: 'disk' });
    const shown = (): boolean[] =>
      ['reads-queueKey', 'hint', 'token-bucket', 'sampling'].map((name) =>
        dialog.shows(`smpp-config-${name}`),
      );
    assert.deepEqual(shown(), [true, true, true, false]);
    assert.equal(dialog.shows('smpp-config-adaptive'), true);
    dialog.choose(id('throttleHandler'), 'sampling');
    assert.deepEqual(shown(), [true, true, true, true]);
    dialog.choose(id('queue'), 'memory');
    assert.deepEqual(shown(), [false, true, true, true]);
    dialog.asked[0]?.answer(INSTALLED);
    dialog.choose(id('queue'), 'mine');
    dialog.choose(id('rateLimiter'), 'shared');
    assert.deepEqual(shown(), [false, false, false, true]);
    dialog.choose(id('rateLimiter'), 'token-bucket');
    assert.deepEqual(shown(), [false, false, true, true]);
  });

  for (const [name, backend] of Object.entries<Backend>(BACKENDS)) {
    it(`show of the options of stores those that ${name} reads, and what the engine says of it`, () => {
      const { dialog } = open({ queue: name });
      const offered = STORE_OPTIONS.filter((property) => dialog.shows(`smpp-config-reads-${property}`));
      assert.deepEqual(
        offered,
        STORE_OPTIONS.filter((property) => (backend.reads as string[]).includes(property)),
      );
      assert.equal(dialog.words('smpp-config-queue-hint'), backend.hint);
      assert.equal(dialog.shows('smpp-config-shared'), backend.capabilities.shared);
      assert.deepEqual(
        dialog.choices(id('queue')).find(([value]) => value === name),
        [name, backend.label],
      );
      // The type of the table has them all; the editor has a row for each.
      const known = [...STORE_OPTIONS, ...STORE_OPTIONS_OF_ALL];
      assert.deepEqual(
        backend.reads.filter((property) => !known.includes(property)),
        [],
      );
    });
  }

  for (const [name, { label, hint }] of Object.entries<Backend>(BACKENDS))
    it(`say in a sentence what ${name} is, in words of no runtime`, () => {
      assert.match(label, /^in |^on /);
      assert.ok(label.length <= 45, label);
      assert.match(hint, /^[A-Z].{20,250}\.$/);
      assert.doesNotMatch(label + hint, /Node-RED/);
    });

  it('show all options of stores where a variable names the queue', () => {
    const { dialog } = open({ queue: '${QUEUE}' });
    assert.deepEqual(
      STORE_OPTIONS.filter((property) => !dialog.shows(`smpp-config-reads-${property}`)),
      [],
    );
  });
});
