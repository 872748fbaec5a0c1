/**
 * Keys of a name server (Java `NamesrvConfig`). `ACTING` names those that change what
 * this process does, `HOT` those that may be changed while it runs; every other key is accepted,
 * so that existing files load, and has no effect here.
 */
import { inHome, rocketmqHome } from './defaults.ts';
import { type ConfigKey, type KeyRow, keyTable } from './key.ts';

const ACTING = [
  'kvConfigPath',
  'configStorePath',
  'orderMessageEnable',
  'returnOrderTopicConfigToBroker',
  'scanNotActiveBrokerInterval',
  'supportActingMaster',
  'enableAllTopicList',
  'enableTopicList',
  'notifyMinBrokerIdChanged',
  'needWaitForService',
  'waitSecondsForService',
  'deleteTopicWithBrokerRegistration',
  'configBlackList',
];

const HOT: string[] = [
  'orderMessageEnable',
  'returnOrderTopicConfigToBroker',
  'enableAllTopicList',
  'enableTopicList',
  'supportActingMaster',
  'notifyMinBrokerIdChanged',
  'deleteTopicWithBrokerRegistration',
  'scanNotActiveBrokerInterval',
  'needWaitForService',
  'waitSecondsForService',
];

const ROWS: readonly KeyRow[] = [
  ['rocketmqHome', 'String', rocketmqHome],
  ['kvConfigPath', 'String', () => inHome('namesrv/kvConfig.json')],
  ['configStorePath', 'String', () => inHome('namesrv/namesrv.properties')],
  ['productEnvName', 'String', 'center'],
  ['clusterTest', 'boolean', false],
  ['orderMessageEnable', 'boolean', false],
  ['returnOrderTopicConfigToBroker', 'boolean', true],
  ['clientRequestThreadPoolNums', 'int', 8],
  ['defaultThreadPoolNums', 'int', 16],
  ['clientRequestThreadPoolQueueCapacity', 'int', 50000],
  ['defaultThreadPoolQueueCapacity', 'int', 10000],
  ['scanNotActiveBrokerInterval', 'long', 5000, { min: 100 }],
  ['unRegisterBrokerQueueCapacity', 'int', 3000],
  ['supportActingMaster', 'boolean', false],
  ['enableAllTopicList', 'boolean', true],
  ['enableTopicList', 'boolean', true],
  ['notifyMinBrokerIdChanged', 'boolean', false],
  ['enableControllerInNamesrv', 'boolean', false],
  ['needWaitForService', 'boolean', false],
  ['waitSecondsForService', 'int', 45, { min: 0 }],
  ['deleteTopicWithBrokerRegistration', 'boolean', false],
  ['configBlackList', 'String', 'configBlackList;configStorePath;kvConfigPath'],
];

export const NAMESRV_KEYS: readonly ConfigKey[] = keyTable(ROWS, ACTING, HOT);
