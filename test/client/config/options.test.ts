import assert from 'node:assert/strict';
import {
  ConfigError,
  OPTIONS,
  SmppClient,
  findProblems,
  normalise,
  type SmppClientOptions,
} from '../../../src/index';

type Given = Record<string, unknown>;
const problemsOf = (options: Given): string[] =>
  findProblems(options as SmppClientOptions).map(({ field }) => field);
const settingsOf = (options: Given): Record<string, unknown> => normalise(options);

describe('Options', () => {
  it('are all optional, and have the defaults of the documentation', () => {
    const {
      host,
      port,
      bindType,
      windowSize,
      enquireLinkInterval,
      maxAttempts,
      messageTtl,
      sendRate,
      vendorTlvs,
      sourceTon,
    } = normalise({});
    assert.deepEqual(
      {
        host,
        port,
        bindType,
        windowSize,
        enquireLinkInterval,
        maxAttempts,
        messageTtl,
        sendRate,
        vendorTlvs,
        sourceTon,
      },
      {
        host: '127.0.0.1',
        port: 2775,
        bindType: 'transceiver',
        windowSize: 10,
        enquireLinkInterval: 30_000,
        maxAttempts: 5,
        messageTtl: 86_400_000,
        sendRate: 0,
        vendorTlvs: undefined,
        sourceTon: undefined,
      },
    );
  });

  it('for prefix lengths take a list, its JSON, numbers between commas, one number, or none', () => {
    const cases: [unknown, number[]][] = [
      [undefined, [3]],
      ['3', [3]],
      [5, [5]],
      ['5, 2', [2, 5]],
      ['[7, 1, 7]', [1, 7]],
      [
        ['4', 2],
        [2, 4],
      ],
      ['none', []],
      [[], []],
      ['[]', []],
    ];
    for (const [given, lengths] of cases)
      assert.deepEqual(
        settingsOf({ qualityPrefixLengths: given })['qualityPrefixLengths'],
        lengths,
        String(given),
      );
    for (const wrong of [0, 8, 1.5, 'all', '2,', [1, 2, 3, 4, 5], {}, true, [[2]]])
      assert.deepEqual(
        problemsOf({ qualityPrefixLengths: wrong }),
        ['qualityPrefixLengths'],
        JSON.stringify(wrong),
      );
    assert.deepEqual(problemsOf({ qualityWindow: 1, qualityInterval: 0 }), [
      'qualityWindow',
      'qualityInterval',
    ]);
  });

  it('that are emptied, null or undefined mean their default', () => {
    for (const empty of ['', null, undefined]) {
      const given = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, empty]));
      assert.deepEqual(settingsOf(given), normalise({}));
    }
  });

  it('of sessions that cannot be are refused with the reason', () => {
    const told = (options: Given): string =>
      findProblems(options as SmppClientOptions)
        .map(({ field, remedy }) => `${field}: ${remedy}`)
        .join('; ');
    assert.match(told({ sessions: 0 }), /^sessions: give a value from 1 to 100$/);
    assert.match(told({ sessions: 1.5 }), /^sessions: give a whole number$/);
    const host = 'b.example';
    assert.match(
      told({ failover: [{ host }, { host, port: 99_999 }] }),
      /^failover: entry 2: port \(99999\): .* 65535$/,
    );
    assert.match(told({ failover: [{ port: 1 }] }), /^failover: entry 1: it has no host$/);
    assert.match(
      told({ failover: [{ host, weight: 1 }] }),
      /entry 1: there is no field weight; there are host, port/,
    );
    assert.match(
      told({ failover: [{ host: '${BACKUP}' }] }),
      /only nodes read the environment; in a program give process\.env\.BACKUP/,
    );
    for (const failover of [host, { host }, '[', 7])
      assert.match(told({ failover }), /^failover: give a JSON array such/);
    assert.match(told({ failover: ['b'] }), /^failover: entry 1: give an object with host and port/);
    assert.match(told({ interfaceVersion: '3.3' }), /^bindType: SMPP 3\.3 has no transceiver; choose pair/);
    assert.equal(told({ interfaceVersion: '3.3', bindType: 'pair' }), '');
  });

  it('of the receiver are for a pair, which has something to send with', () => {
    const own = { receiverHost: 'b', receiverPort: 2776, receiverSystemId: 'b', receiverPassword: 'c' };
    assert.deepEqual(problemsOf({ ...own, bindType: 'transmitter' }), Object.keys(own));
    assert.deepEqual(problemsOf({ ...own, bindType: 'pair', systemId: 'a' }), []);
    assert.deepEqual(problemsOf({ ...own, bindType: 'pair' }), ['receiverSystemId']);
    assert.deepEqual(problemsOf({ bindType: 'pair' }), []);
    assert.doesNotMatch(new ConfigError(findProblems({ receiverPassword: 'hush' })).message, /hush/);
  });

  it('of hosts are names or addresses alone; blanks that were copied along go', () => {
    const hosts = ['smsc.example', 'smsc', '192.0.2.1', '::1', 'fe80::1%eth0', 'my_smsc', 'smsc.example.'];
    for (const host of hosts) assert.equal(settingsOf({ host: ` ${host} ` })['host'], host);
    for (const host of ['smsc.example:2775', 'smpp://smsc.example', '[::1]', 'a b', 'user@smsc', '']) {
      for (const [field, options] of Object.entries({
        host: { host: `${host} ` },
        receiverHost: { bindType: 'pair', receiverHost: `${host} ` },
        failover: { failover: [{ host: `${host} ` }] },
      })) {
        assert.deepEqual(problemsOf(options), [field], `${field} ${host}`);
      }
    }
    assert.throws(() => normalise({ host: 'smsc.example:2775' }), /host .*a port is a field of its own/);
  });

  it('of the local address are addresses, from which the hosts can be reached', () => {
    assert.equal(settingsOf({ localAddress: ' 192.0.2.1 ' })['localAddress'], '192.0.2.1');
    assert.deepEqual(problemsOf({ localAddress: '::1', host: 'smsc.example' }), []);
    for (const localAddress of ['eth0', '999.1.1.1', 'smsc.example', 7])
      assert.deepEqual(problemsOf({ localAddress }), ['localAddress']);
    for (const [localAddress, others] of [
      ['::1', { host: '127.0.0.1' }],
      ['127.0.0.1', { host: '::1' }],
      ['127.0.0.1', { failover: [{ host: 'b' }, { host: '::1' }] }],
      ['127.0.0.1', { bindType: 'pair', receiverHost: '::1' }],
    ] as const) {
      assert.throws(
        () => normalise({ localAddress, ...others }),
        /localAddress .*cannot be reached from there/,
      );
    }
  });

  it('take the hosts to fail over to as text, with ports as text', () => {
    assert.deepEqual(
      settingsOf({ failover: '[{"host": "b", "port": "2776"}, {"host": "c", "port": ""}]' }).failover,
      [{ host: 'b', port: 2776 }, { host: 'c' }],
    );
  });

  it('take numbers, booleans and objects as text, as environment variables give them', () => {
    const given = settingsOf({
      port: ' 2776 ',
      useTls: 'TRUE',
      assumeTlvs: 'no',
      windowSize: '5',
      sendRate: '0.2',
      enquireLinkInterval: '1.5',
      defaults: '{"service_type": "CMT"}',
      vendorTlvs: '[{"tag": 5123, "name": "operator", "type": "string"}]',
      sourceTon: '5',
      sourceNpi: 'auto',
      systemId: 1234,
    });
    const {
      port,
      useTls,
      assumeTlvs,
      windowSize,
      sendRate,
      enquireLinkInterval,
      defaults,
      sourceTon,
      sourceNpi,
      systemId,
    } = given;
    assert.deepEqual(
      [
        port,
        useTls,
        assumeTlvs,
        windowSize,
        sendRate,
        enquireLinkInterval,
        defaults,
        sourceTon,
        sourceNpi,
        systemId,
      ],
      [2776, true, false, 5, 0.2, 1500, { service_type: 'CMT' }, 5, undefined, '1234'],
    );
    assert.ok(given.vendorTlvs);
  });

  it('that are wrong are told all at once, each with field, value and remedy', () => {
    const given = {
      host: ' ',
      port: 99_999,
      windowSize: 0,
      sendRate: -1,
      burst: 0.5,
      bindType: 'both',
      systemId: 'a'.repeat(65),
      password: 'ü',
      enquireLinkInterval: 'often',
      useTls: 'perhaps',
      defaults: '[1]',
      vendorTlvs: '{"a": 1}',
      sourceTon: 256,
      maxUnsettled: 0,
      logLevel: 'loud',
      colour: 'green',
    };
    assert.throws(
      () => new SmppClient(given),
      (error: ConfigError) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.code, 'INVALID_CONFIG');
        assert.deepEqual(error.problems.map(({ field }) => field).sort(), Object.keys(given).sort());
        for (const { field, remedy } of error.problems) {
          assert.ok(error.message.includes(field) && remedy.length > 5, field);
        }
        assert.match(error.message, /port \(99999\): give a value from 1 to 65535/);
        assert.match(error.message, /bindType \("both"\): give one of transceiver, transmitter, receiver/);
        assert.match(error.message, /colour: there is no such option/);
        assert.ok(!error.message.includes('ü'), 'a password is not shown');
        return true;
      },
    );
  });

  it('that there are none of are refused with the name that is nearest, where one is near', () => {
    for (const [field, meant] of [
      ['windowsize', 'windowSize'],
      ['enquireLinkIntervall', 'enquireLinkInterval'],
      ['rateLimitr', 'rateLimiter'],
    ] as const) {
      const [problem] = findProblems({ [field]: 1 });
      assert.equal(
        problem?.remedy,
        `there is no such option (did you mean "${meant}"?); see docs/reference.md for the names`,
      );
    }
    const [problem] = findProblems({ colour: 'green' } as SmppClientOptions);
    assert.equal(problem?.remedy, 'there is no such option; see docs/reference.md for the names');
  });

  it('are not read from the environment, which is said of each that is meant so', () => {
    for (const field of ['host', 'port', 'useTls', 'defaults', 'systemId']) {
      const [problem] = findProblems({ [field]: '${SMSC_SETTING}' });
      assert.deepEqual(
        [problem?.field, problem?.remedy, problem?.variable],
        [
          field,
          'only nodes read the environment; in a program give process.env.SMSC_SETTING',
          'SMSC_SETTING',
        ],
      );
    }
  });

  it('of a secret are named where they look like one, else it is a secret that must not be told', () => {
    const [problem] = findProblems({ password: '${SMSC_PASSWORD}' });
    assert.equal(problem?.variable, 'SMSC_PASSWORD');
    assert.deepEqual(findProblems({ password: '${Gimpel-7!}' }), []);
    assert.equal(normalise({ password: '${Gimpel-7!}' }).password, '${Gimpel-7!}');
  });

  it('that contradict each other are refused', () => {
    assert.deepEqual(problemsOf({ interfaceVersion: '3.3' }), ['bindType']);
    assert.deepEqual(problemsOf({ interfaceVersion: '3.3', bindType: 'receiver' }), []);
    assert.deepEqual(problemsOf({ enquireLinkInterval: 0.5 }), ['enquireLinkInterval']);
    assert.deepEqual(problemsOf({ enquireLinkInterval: 0 }), []);
    assert.deepEqual(problemsOf({ reconnectMin: 10, reconnectMax: 5 }), ['reconnectMax']);
    assert.deepEqual(problemsOf({ defaults: { destination_adr: '1' } }), ['defaults.destination_adr']);
  });

  it('of values that no option can be are refused, whatever they are', () => {
    const circular: Given = {};
    circular.self = circular;
    for (const value of [
      circular,
      10n,
      Symbol('x'),
      [],
      () => 1,
      Buffer.from('x'),
      NaN,
      Infinity,
      new Date(),
    ]) {
      for (const field of ['port', 'bindType', 'useTls', 'host']) {
        if (Array.isArray(value) && field === 'bindType') continue;
        assert.throws(() => normalise({ [field]: value }), ConfigError, `${field} ${typeof value}`);
      }
    }
    assert.deepEqual(problemsOf({ constructor: 1, toString: 2 }), ['constructor', 'toString']);
  });

  it('ask for parts that are there, never for others in silence', () => {
    assert.deepEqual(
      problemsOf({ queue: 'memory', rateLimiter: 'token-bucket', throttleHandler: 'sampling' }),
      [],
    );
    assert.deepEqual(problemsOf({ queue: 'memry', rateLimiter: 'leaky', throttleHandler: 'none' }), [
      'queue',
      'rateLimiter',
      'throttleHandler',
    ]);
  });
});

describe('statusPolicy', () => {
  const remedyOf = (statusPolicy: unknown): string | undefined =>
    findProblems({ statusPolicy } as SmppClientOptions)[0]?.remedy;

  it('takes names of 3.4 and 5.0, codes and vendors’ own, as an object or its JSON text', () => {
    const policy = {
      ESME_RSYSERR: 'fail',
      ESME_RTLVNOTALLWD: 'retry',
      '0x00000401': 'throttle',
      '1026': 'fail',
    };
    for (const given of [policy, JSON.stringify(policy)]) {
      const { statusPolicy } = normalise({ statusPolicy: given } as SmppClientOptions);
      const codes = [
        [0x08, 'fail'],
        [0xc1, 'retry'],
        [0x401, 'throttle'],
        [0x402, 'fail'],
      ] as const;
      assert.deepEqual(statusPolicy, new Map(codes));
    }
  });

  it('refuses what is no status, with the nearest that is, and what is no treatment', () => {
    assert.match(remedyOf({ ESME_RSYSER: 'fail' }) ?? '', /did you mean "ESME_RSYSERR"/);
    assert.match(remedyOf({ ESME_ROK: 'fail' }) ?? '', /ESME_ROK is no refusal/);
    assert.match(remedyOf({ ESME_RSYSERR: 'ok' }) ?? '', /ESME_RSYSERR one of throttle .*retry .*fail/);
    assert.match(remedyOf({ '0x1ffffffff': 'fail' }) ?? '', /not a command_status/);
    assert.match(remedyOf(['ESME_RSYSERR']) ?? '', /give a JSON object/);
    assert.match(remedyOf('{') ?? '', /give a JSON object/);
    assert.equal(remedyOf({}), undefined);
  });
});
