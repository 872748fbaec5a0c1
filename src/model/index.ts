/**
 * The value types that every role shares: topics, queues, routes, subscriptions, versions.
 *
 * Pure: no I/O, no clock, no import from outside this folder. Field names are RocketMQ's, since
 * they are also the keys of its JSON bodies and files. Values are readonly; a change makes a new
 * one. Names from outside become safe to use in paths only through `topic-name.ts`.
 */
export * from './broker-identity.ts';
export * from './data-version.ts';
export * from './message-queue.ts';
export * from './name-server-address.ts';
export * from './permission.ts';
export * from './route.ts';
export * from './subscription.ts';
export * from './subscription-group.ts';
export * from './topic-config.ts';
export * from './topic-name.ts';
export * from './topic-sys-flag.ts';
