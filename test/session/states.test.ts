import assert from 'node:assert/strict';
import { COMMANDS, responseOf, statusName, type CommandName, type PduInput } from '../../src/protocol';
import { isBindCommand, isBound, mayIssue, type Role, type SessionState } from '../../src/session';
import { settle } from '../support/clock';
import { until } from '../support/until';
import { BINDS, Benches, closed } from './setup';

type Columns = Partial<Record<CommandName, Partial<Record<Role, string>>>>;

/** SMPP 3.4 section 2.3, table 2-1: who issues what over which bind (T, R, X), and before it (o). */
const VERSION_3_4: Columns = {
  bind_transmitter: { esme: 'o' },
  bind_receiver: { esme: 'o' },
  bind_transceiver: { esme: 'o' },
  outbind: { smsc: 'o' },
  unbind: { esme: 'TRX', smsc: 'TRX' },
  submit_sm: { esme: 'TX' },
  submit_multi: { esme: 'TX' },
  data_sm: { esme: 'TRX', smsc: 'TRX' },
  deliver_sm: { smsc: 'RX' },
  query_sm: { esme: 'TX' },
  cancel_sm: { esme: 'TX' },
  replace_sm: { esme: 'T' },
  enquire_link: { esme: 'TRX', smsc: 'TRX' },
  alert_notification: { smsc: 'RX' },
};

/** SMPP 5.0 section 2.4, as above; after outbind (b), and after unbind (u). */
const VERSION_5_0: Columns = {
  bind_transmitter: { esme: 'ob' },
  bind_receiver: { esme: 'ob' },
  bind_transceiver: { esme: 'ob' },
  outbind: { smsc: 'o' },
  unbind: { esme: 'TRX', smsc: 'TRX' },
  submit_sm: { esme: 'TX' },
  submit_multi: { esme: 'TX' },
  broadcast_sm: { esme: 'TX' },
  data_sm: { esme: 'TX', smsc: 'RX' },
  deliver_sm: { smsc: 'RX' },
  query_sm: { esme: 'TX' },
  cancel_sm: { esme: 'TX' },
  replace_sm: { esme: 'TX' },
  query_broadcast_sm: { esme: 'TX' },
  cancel_broadcast_sm: { esme: 'TX' },
  enquire_link: { esme: 'obTRXu', smsc: 'obTRXu' },
  alert_notification: { smsc: 'RX' },
};

/** 3.3 has them beside query_sm, and says nothing else of them. */
const VERSION_3_3: Columns = {
  query_last_msgs: { esme: 'TX' },
  query_msg_details: { esme: 'TX' },
  param_retrieve: { esme: 'TX' },
};

const LETTERS: Readonly<Record<SessionState, string>> = {
  open: 'o',
  outbound: 'b',
  bound_tx: 'T',
  bound_rx: 'R',
  bound_trx: 'X',
  unbound: 'u',
  closed: '-',
};

/** What some version allows, no other forbids. */
function expected(role: Role, command: CommandName, state: SessionState): boolean {
  return [VERSION_3_3, VERSION_3_4, VERSION_5_0].some((version) =>
    version[command]?.[role]?.includes(LETTERS[state]),
  );
}

const STATES = Object.keys(LETTERS) as SessionState[];
/** Those in which a session stays while somebody looks. */
const LASTING = ['open', 'outbound', 'bound_tx', 'bound_rx', 'bound_trx'] as const;
const ROLES = ['esme', 'smsc'] as const satisfies readonly Role[];
const OTHER = { esme: 'smsc', smsc: 'esme' } as const;
const REQUESTS = (Object.keys(COMMANDS) as CommandName[]).filter(
  (name) => !name.endsWith('_resp') && name !== 'generic_nack',
);

describe('Session states', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('the list says what the specifications say: every request, state and role', () => {
    let count = 0;
    for (const role of ROLES)
      for (const state of STATES)
        for (const command of REQUESTS) {
          const text = `${role} ${command} ${state}`;
          assert.equal(mayIssue(role, command, state), expected(role, command, state), text);
          count++;
        }
    assert.equal(count, 2 * 7 * 20);
  });

  it('responses and generic_nack may go as long as there is a link', () => {
    for (const state of STATES)
      for (const command of ['submit_sm_resp', 'enquire_link_resp', 'generic_nack'] as const)
        assert.equal(mayIssue('esme', command, state), state !== 'closed');
  });

  for (const role of ROLES) {
    for (const state of LASTING) {
      it(`as ${role} in ${state} takes every request that may come, and refuses every other`, async () => {
        for (const command of REQUESTS) {
          const taken: string[] = [];
          const handlers = {
            request: (pdu: { command: string }) => {
              taken.push(pdu.command);
              return { command_status: 0 };
            },
          };
          const bench = await benches.inState(role, state, { handlers });
          taken.length = 0;
          const allowed = expected(OTHER[role], command, state);
          const number = bench.link.send({ command });
          const own = command === 'unbind' || command === 'enquire_link';
          if (allowed && responseOf(command) === undefined) {
            await until(() => taken.includes(command), command);
          } else {
            const response = await bench.link.response(number);
            assert.equal(response.command, responseOf(command) ?? 'generic_nack', command);
            const refusal = isBindCommand(command) && isBound(state) ? 'ESME_RALYBND' : 'ESME_RINVBNDSTS';
            // Whoever wants to part is let go, bound or not.
            const right = allowed || command === 'unbind' ? 'ESME_ROK' : refusal;
            assert.equal(statusName(response.command_status), right, command);
          }
          assert.deepEqual(taken, allowed && !own ? [command] : [], command);
          if (!allowed) assert.equal(bench.session.state, state, command);
          await benches.end();
        }
      });

      it(`as ${role} in ${state} issues every request that may go, and no other gets onto the wire`, async () => {
        for (const command of REQUESTS) {
          const handlers = { request: () => ({ command_status: 0 }) };
          const { session, link } = await benches.inState(role, state, { handlers });
          const before = link.received.length;
          const issued = issue(session, command);
          if (expected(role, command, state)) {
            await link.until(command);
            await issued;
          } else {
            await assert.rejects(issued, {
              code: 'INVALID_STATE',
              message: new RegExp(`${command}.*${state}`),
            });
            await settle();
            assert.equal(link.received.length, before, command);
            assert.equal(session.state, state, command);
          }
          await benches.end();
        }
      });
    }
  }

  it('a centre asks by outbind, and the client binds as what it likes', async () => {
    for (const command of BINDS) {
      const client = await benches.inState('esme', 'outbound');
      await client.session.bind(command, {}, 1000);
      assert.ok(isBound(client.session.state));
      const centre = await benches.inState('smsc', 'outbound');
      assert.equal((await centre.link.ask({ command, interface_version: 0x34 })).command_status, 0);
      assert.ok(isBound(centre.session.state));
    }
  });

  for (const bind of BINDS) {
    it(`refuses a second bind (${bind}) with ESME_RALYBND and stays bound`, async () => {
      const { link, session } = await benches.inState('smsc', 'bound_trx');
      const { command, command_status } = await link.ask({ command: bind });
      assert.deepEqual([command, statusName(command_status)], [`${bind}_resp`, 'ESME_RALYBND']);
      assert.equal(session.state, 'bound_trx');
    });
  }

  it('ends in closed, from every state, and takes nothing more', async () => {
    for (const role of ROLES)
      for (const state of LASTING) {
        const bench = await benches.inState(role, state);
        bench.session.destroy();
        assert.equal((await closed(bench)).code, 'destroyed');
        assert.equal(bench.session.state, 'closed');
        assert.equal(isBound(bench.session.state), false);
        for (const command of REQUESTS)
          await assert.rejects(issue(bench.session, command), { code: 'INVALID_STATE' });
      }
  });
});

/** By the method that is there for it. */
async function issue(session: Benched, command: CommandName): Promise<void> {
  if (isBindCommand(command)) await session.bind(command, {}, 1000);
  else if (command === 'outbind') session.outbind();
  else await session.request({ command } as PduInput);
}

type Benched = Awaited<ReturnType<Benches['esme']>>['session'];
