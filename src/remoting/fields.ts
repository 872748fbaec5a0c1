/**
 * Typed reading of request header fields. Java's reflective decoder logs a missing field and
 * leaves null for the handler to trip over; here a required field that is absent or does not
 * parse is refused with code 1 and a text that names the field and says the request is at fault.
 */
import { Refusal } from './errors.ts';
import type { ExtFields } from './remoting-command.ts';
import { ResponseCode } from './response-code.ts';

const INTEGER = /^[+-]?\d{1,19}$/;

export function optionalText(fields: ExtFields, name: string): string | null {
  return fields.get(name) ?? null;
}

export function requiredText(fields: ExtFields, name: string): string {
  return fields.get(name) ?? refuse(`field ${name} is missing`);
}

/** An integer within ±(2^53 - 1), which covers every id, size, time and offset of RocketMQ. */
export function optionalInteger(fields: ExtFields, name: string): number | null {
  const text = fields.get(name);
  if (text === undefined || text === '') {
    return null;
  }
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : refuse(`field ${name} is not an integer: ${text}`);
}

export function requiredInteger(fields: ExtFields, name: string): number {
  return optionalInteger(fields, name) ?? refuse(`field ${name} is missing`);
}

/** As `Boolean.parseBoolean`: `true` in any case is true, any other text is false. */
export function optionalBoolean(fields: ExtFields, name: string): boolean | null {
  const text = fields.get(name);
  return text === undefined ? null : text.toLowerCase() === 'true';
}

function refuse(what: string): never {
  throw new Refusal(ResponseCode.SYSTEM_ERROR, `the request is at fault: ${what.slice(0, 200)}`);
}
