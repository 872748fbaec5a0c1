/** Keys and values of a `.properties` file as RocketMQ's servers take it with `-c`. */
export type Properties = Readonly<Record<string, string | number | boolean>>;

export function propertiesText(properties: Properties): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
