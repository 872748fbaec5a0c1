/**
 * Every request that RocketMQ's brokers and name servers handle is handled here, or refused by name
 * with the reason, and none stays without an answer. Holds `docs/requests.md` to it;
 * TURBOPUMP_WRITE_DOCS=1 writes that file.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REASONS } from '../../../src/broker/processors/not-served.ts';
import { namesrvSettings } from '../../../src/config/roles.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { NameServer } from '../../../src/namesrv/name-server.ts';
import { RemotingClient } from '../../../src/remoting/client.ts';
import { createRequest, type RemotingCommand } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { projectRoot } from '../../oracle/project-folders.ts';
import { beforeAll } from '../../runner/before-all.ts';
import { BrokerRig } from '../support/broker-rig.ts';

interface Known {
  code: number;
  name: string;
  sides: string[];
}

const codes = suite('request codes');
const documentPath = join(projectRoot, 'docs', 'requests.md');
const known = JSON.parse(
  readFileSync(join(projectRoot, 'test', 'vectors', 'request-codes.json'), 'utf8'),
) as Known[];
const reasons = new Map(REASONS);
const hot = namesInDataPlane();
/** What each side answered to the bare code. */
const byBroker = new Map<number, RemotingCommand>();
const byNameServer = new Map<number, RemotingCommand>();

/** What the data plane answers itself, as its source names it. */
function namesInDataPlane(): Set<string> {
  const file = join(
    projectRoot,
    'native',
    'crates',
    'dataplane',
    'src',
    'event_loop',
    'dispatch.rs',
  );
  return new Set(readFileSync(file, 'utf8').match(/(?<=request_code::)[A-Z_0-9]+/g));
}

function isRefusedAsUnknown({ code, remark }: RemotingCommand, request: number): boolean {
  const isUnknown = remark === ` request type ${request} not supported`;
  return code === ResponseCode.REQUEST_CODE_NOT_SUPPORTED && isUnknown;
}

beforeAll(codes, async () => {
  const rig = await BrokerRig.start();
  try {
    const client = rig.client();
    for (const code of Object.values(RequestCode)) byBroker.set(code, await client.call(code));
  } finally {
    await rig.destroy();
  }
  const settings = namesrvSettings();
  settings.set('listenPort', 0);
  settings.set('bindAddress', '127.0.0.1');
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-codes-'));
  settings.set('kvConfigPath', join(folder, 'kvConfig.json'));
  const options = { settings, logger: silentLogger(), configFile: null };
  const nameServer = new NameServer(options);
  await nameServer.start();
  const client = new RemotingClient();
  try {
    const address = `127.0.0.1:${nameServer.port}`;
    for (const code of Object.values(RequestCode)) {
      byNameServer.set(code, await client.request(address, createRequest(code), 5000));
    }
  } finally {
    await client.close();
    await nameServer.stop();
    rmSync(folder, { recursive: true });
  }
});

codes('what a broker handles is served, or refused by name', () => {
  for (const { code, name, sides } of known) {
    if (!sides.includes('broker') || hot.has(name)) continue;
    const answer = byBroker.get(code);
    assert.ok(answer !== undefined, name);
    assert.not(isRefusedAsUnknown(answer, code), `${name} is not handled`);
    const isRefused = answer.code === ResponseCode.REQUEST_CODE_NOT_SUPPORTED;
    assert.is(isRefused, reasons.has(code), `${name}: ${answer.remark}`);
  }
});

codes('what a name server handles is served', () => {
  for (const { code, name, sides } of known) {
    const answer = byNameServer.get(code);
    assert.ok(answer !== undefined, name);
    assert.is(isRefusedAsUnknown(answer, code), !sides.includes('namesrv'), name);
  }
});

codes('docs/requests.md says so', () => {
  const document = `${introduction}\n${known.map(rowOf).join('\n')}\n`;
  if (process.env['TURBOPUMP_WRITE_DOCS'] === '1') writeFileSync(documentPath, document);
  assert.is(readFileSync(documentPath, 'utf8'), document, 'run with TURBOPUMP_WRITE_DOCS=1');
});

function rowOf({ code, name, sides }: Known): string {
  const reason = reasons.get(code);
  const served = hot.has(name) ? 'served by the data plane' : 'served';
  const broker = reason === undefined ? served : `refused: ${reason}`;
  const cells = [sides.includes('broker') ? broker : '', sides.includes('namesrv') ? 'served' : ''];
  return `| ${[code, `\`${name}\``, ...cells].join(' | ')} |`;
}

const introduction = `# Requests

Every request that a broker or name server of RocketMQ 5.3.3 handles, and what ours do with it. What
is refused is answered with code 3 (REQUEST_CODE_NOT_SUPPORTED), the name and the reason; a code
that is not in this list with code 3 as RocketMQ does. This file is written by
\`test/broker/processors/request-codes.test.ts\` and held to it.

| code | name | broker | name server |
|---|---|---|---|`;

codes.run();
