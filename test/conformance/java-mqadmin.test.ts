/**
 * Java's own mqadmin against the cluster under test and against a Java broker of the same settings
 * after the same traffic: the same columns, labels and rows.
 */
import { test as lone, suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runToEnd } from '../oracle/child-process.ts';
import { type JavaCluster, startJavaCluster } from '../oracle/java-cluster.ts';
import { javaMqadmin } from '../oracle/java-mqadmin.ts';
import { type Cluster, startClusterUnderTest } from './cluster.ts';
import { driverLines } from './driver-line.ts';
import { javaDriver } from './java-client.ts';
import { haveTools, missingForJava } from './outside-tools.ts';
import {
  lines,
  messageLines,
  progressLines,
  statusKeys,
  tableShape,
  withoutTopicAsGroup,
} from './printed-form.ts';

interface Comparison {
  readonly command: readonly string[];
  /** What of the output has to be the same. */
  readonly form: (output: string) => string[];
}

const sorted = (output: string): string[] => withoutTopicAsGroup(lines(output)).sort();

const COMPARISONS: readonly Comparison[] = [
  { command: ['clusterList'], form: tableShape },
  { command: ['clusterList', '-m'], form: tableShape },
  { command: ['topicList'], form: sorted },
  { command: ['topicList', '-c'], form: sorted },
  { command: ['topicRoute', '-t', 'FixedTopic'], form: lines },
  { command: ['topicRoute', '-t', 'FixedTopic', '-l'], form: lines },
  { command: ['brokerStatus', '-c', 'DefaultCluster'], form: statusKeys },
  { command: ['consumerProgress', '-g', 'FixedGroup'], form: progressLines },
  { command: ['consumerProgress'], form: progressLines },
  { command: ['queryMsgByKey', '-t', 'FixedTopic', '-k', 'key-3'], form: lines },
  { command: ['queryMsgById', '-t', 'FixedTopic', '-i', '<offsetMsgId>'], form: messageLines },
];

/** Sends the fixed traffic and resolves to what each command then prints. */
async function shown(cluster: Pick<Cluster, 'nameServer' | 'folder'>): Promise<string[]> {
  const driver = await javaDriver('client-5.3.3', cluster.folder);
  const args = [...driver, cluster.nameServer, 'fixedTraffic'];
  const { stdout, stderr } = await runToEnd({ command: 'java', args, limit_ms: 120_000 });
  const traffic = driverLines(stdout).get('fixedTraffic');
  assert.ok(traffic?.ok, `the traffic: ${JSON.stringify(traffic)}\n${stderr}`);
  const offsetMsgId = String(traffic?.['offsetMsgId']);
  const commands = COMPARISONS.map(({ command }) =>
    command.map((word) => (word === '<offsetMsgId>' ? offsetMsgId : word)),
  );
  return await javaMqadmin(cluster.nameServer, commands);
}

function compareAll(): void {
  const test = suite("Java's mqadmin");
  let ours: Cluster;
  let javas: JavaCluster;
  let oursShown: string[];
  let javasShown: string[];
  test.before(async () => {
    // One after the other: on two cores the traffic of one would slow the other's down.
    ours = await startClusterUnderTest();
    oursShown = await shown(ours);
    javas = await startJavaCluster();
    javasShown = await shown(javas);
  });
  test.after(async () => {
    await ours?.stop();
    await javas?.stop();
  });
  COMPARISONS.forEach(({ command, form }, number) => {
    test(`mqadmin ${command.join(' ')}`, () => {
      const expected = form(javasShown[number] ?? '');
      const actual = form(oursShown[number] ?? '');
      const missing = expected.filter((line) => !actual.includes(line));
      const extra = actual.filter((line) => !expected.includes(line));
      assert.ok(expected.length > 0, 'Java printed nothing');
      assert.equal(
        { missing, extra },
        { missing: [], extra: [] },
        `Java prints and ours does not: ${JSON.stringify(missing, null, 2)}\n` +
          `ours prints and Java does not: ${JSON.stringify(extra, null, 2)}`,
      );
      assert.equal(actual, expected, 'the same lines in another order or number');
    });
  });
  test.run();
}

if (await haveTools("Java's own mqadmin", await missingForJava())) {
  compareAll();
} else {
  lone.skip("Java's own mqadmin", () => undefined);
  lone.run();
}
