import assert from 'node:assert/strict';
import type { SmscOptions } from '../../src/simulator';
import { FakeClock } from '../support/clock';
import type { Esme } from '../support/esme';
import { Scene, collect } from './setup';

const area = (name: string): Buffer => Buffer.from(`\0${name}`, 'latin1');
const TLVS = {
  broadcast_area_identifier: area('Lyon'),
  broadcast_content_type: Buffer.of(0, 0, 1),
  broadcast_rep_num: 1,
  broadcast_frequency_interval: Buffer.of(8, 0, 10),
};
type Asked = Parameters<Esme['ask']>[0];
const SOURCE = { source_addr: '1234' };

describe('the simulator broadcasts', () => {
  let scene: Scene;
  const clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  async function bound(options: SmscOptions = {}, interfaceVersion = 0x50): Promise<Esme> {
    const smsc = await scene.smsc({ receiptDelay: 10, clock, ...options });
    return scene.esme(smsc, { interfaceVersion });
  }
  const submit = (esme: Esme, tlvs: object = {}, fields: object = {}) =>
    esme.ask({ command: 'broadcast_sm', ...SOURCE, tlvs: { ...TLVS, ...tlvs }, ...fields });
  const query = (esme: Esme, message_id: unknown) =>
    esme.ask({ command: 'query_broadcast_sm', ...SOURCE, message_id } as Asked);
  const cancel = (esme: Esme, fields: object) =>
    esme.ask({ command: 'cancel_broadcast_sm', ...SOURCE, ...fields });

  it('for a time, in which ever more of every area is reached', async () => {
    const esme = await bound();
    const areas = [area('Lyon'), area('Paris')];
    // Three times, 10 s apart, and the delay of receipts on top: 30 s.
    const { command_status, message_id } = await submit(esme, {
      broadcast_area_identifier: areas,
      broadcast_rep_num: 3,
      user_message_reference: 77,
    });
    assert.equal(command_status, 0);
    const before = await query(esme, message_id);
    assert.deepEqual([before.tlvs.message_state, before.tlvs.broadcast_area_success], [1, [0, 0]]);
    assert.deepEqual(before.tlvs.broadcast_area_identifier, areas);
    assert.equal(before.tlvs.user_message_reference, 77);
    assert.match(String(before.tlvs.broadcast_end_time), /^260102030435/);
    await clock.advance(15_000);
    assert.deepEqual((await query(esme, message_id)).tlvs.broadcast_area_success, [50, 50]);
    await clock.advance(15_000);
    const after = await query(esme, message_id);
    assert.deepEqual([after.tlvs.message_state, after.tlvs.broadcast_area_success], [2, [100, 100]]);
  });

  it('until it is cancelled, by its id or by the number of the client', async () => {
    const esme = await bound();
    const { message_id } = await submit(esme);
    await clock.advance(5000);
    assert.equal((await cancel(esme, { message_id })).command_status, 0);
    await clock.advance(60_000);
    const after = await query(esme, message_id);
    assert.deepEqual([after.tlvs.message_state, after.tlvs.broadcast_area_success], [4, 50]);
    assert.equal((await cancel(esme, { message_id })).command_status, 0x010f);
    await submit(esme, { user_message_reference: 5 });
    const named = { tlvs: { user_message_reference: 5 } };
    assert.equal((await cancel(esme, named)).command_status, 0);
    assert.equal((await cancel(esme, named)).command_status, 0x010f);
    const asked = { command: 'query_broadcast_sm', ...SOURCE, ...named } as const;
    assert.equal((await esme.ask(asked)).tlvs.message_state, 4);
  });

  it('until all of a kind are cancelled', async () => {
    const esme = await bound();
    const weather = await submit(esme, { broadcast_content_type: Buffer.of(0, 0, 0x33) });
    const other = await submit(esme, {}, { service_type: 'CBS' });
    const ofKind = { tlvs: { broadcast_content_type: Buffer.of(0, 0, 0x33) } };
    assert.equal((await cancel(esme, ofKind)).command_status, 0);
    const states = async (): Promise<unknown[]> =>
      Promise.all(
        [weather, other].map(async ({ message_id }) => (await query(esme, message_id)).tlvs.message_state),
      );
    assert.deepEqual(await states(), [4, 1]);
    assert.equal((await cancel(esme, { ...ofKind, service_type: 'CBS' })).command_status, 0x010f);
    assert.equal((await cancel(esme, { service_type: 'CBS' })).command_status, 0);
    assert.deepEqual(await states(), [4, 4]);
  });

  it('in place of another, which ends', async () => {
    const esme = await bound();
    const { message_id } = await submit(esme);
    const replace_if_present_flag = 1;
    const second = await submit(esme, {}, { message_id, replace_if_present_flag });
    assert.equal(second.command_status, 0);
    assert.equal((await query(esme, message_id)).tlvs.message_state, 4);
    const gone = await submit(esme, {}, { message_id: 'none', replace_if_present_flag });
    assert.equal(gone.command_status, 0x0c);
  });

  it('to the areas that it knows, and names the others', async () => {
    const rules = [
      { type: 'bad-area', area: 'Atlantis' },
      { type: 'bad-area', area: 'Ys', status: 'ESME_RBCASTFAIL' },
    ] as const;
    const smsc = await scene.smsc({ clock, rules });
    const refused = collect(smsc, 'refused');
    const esme = await scene.esme(smsc, { interfaceVersion: 0x50 });
    const broadcast_area_identifier = ['Atlantis', 'Lyon', 'Ys'].map(area);
    const some = await submit(esme, { broadcast_area_identifier });
    assert.equal(some.command_status, 0);
    assert.deepEqual(some.tlvs.broadcast_error_status, [0x0108, 0x010d]);
    assert.deepEqual(some.tlvs.broadcast_area_identifier, [area('Atlantis'), area('Ys')]);
    const asked = await query(esme, some.message_id);
    assert.deepEqual(asked.tlvs.broadcast_area_identifier, area('Lyon'));
    const none = await submit(esme, { broadcast_area_identifier: area('Ys') });
    assert.deepEqual([none.command_status, none.tlvs.broadcast_error_status], [0x010d, 0x010d]);
    const unknown = await submit(esme, { broadcast_area_identifier: Buffer.of(9, 9) });
    assert.equal(unknown.command_status, 0x0109);
    assert.equal(refused.length, 2);
  });

  it('nothing where a mandatory TLV is missing, or the client or it is too old', async () => {
    const esme = await bound();
    for (const name of Object.keys(TLVS))
      assert.equal((await submit(esme, { [name]: undefined })).command_status, 0xc3, name);
    const old = await bound({}, 0x34);
    assert.equal((await submit(old)).command_status, 0x03);
    const oldSmsc = await bound({ interfaceVersion: '3.4' });
    assert.equal((await submit(oldSmsc)).command_status, 0x03);
    assert.equal((await query(oldSmsc, '1')).command_status, 0x03);
    const oldest = await bound({}, 0x33);
    assert.equal((await oldest.ask({ command: 'data_sm', destination_addr: '1' })).command_status, 0x03);
    assert.equal((await oldest.submit()).command_status, 0);
  });

  it('for its own account and source alone', async () => {
    const smsc = await scene.smsc({ clock });
    const esme = await scene.esme(smsc, { interfaceVersion: 0x50 });
    const other = await scene.esme(smsc, { interfaceVersion: 0x50, fields: { system_id: 'other' } });
    const { message_id } = await submit(esme);
    assert.equal((await query(other, message_id)).command_status, 0x010e);
    const asked = {
      command: 'query_broadcast_sm',
      message_id: String(message_id),
      source_addr: '9',
    } as const;
    assert.equal((await esme.ask(asked)).command_status, 0x010e);
  });
});
