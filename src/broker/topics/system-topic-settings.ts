/** What of the settings decides which system topics a broker has. */
import type { Settings } from '../../config/settings.ts';
import type { SystemTopicSettings } from './system-topics.ts';

export function systemTopicSettings(settings: Settings): SystemTopicSettings {
  return {
    clusterName: settings.text('brokerClusterName'),
    brokerName: settings.text('brokerName'),
    autoCreateTopicEnable: settings.boolean('autoCreateTopicEnable'),
    defaultTopicQueueNums: settings.integer('defaultTopicQueueNums'),
    clusterTopicEnable: settings.boolean('clusterTopicEnable'),
    brokerTopicEnable: settings.boolean('brokerTopicEnable'),
    traceTopicEnable: settings.boolean('traceTopicEnable'),
    msgTraceTopicName: settings.text('msgTraceTopicName'),
    reviveQueueNum: settings.integer('reviveQueueNum'),
    timerWheelEnable: settings.boolean('timerWheelEnable'),
  };
}
