/**
 * Client languages: a name in JSON headers, its position in this list in binary ones
 * (Java `LanguageCode`). A name or number that RocketMQ does not have reads as OTHER.
 */
const LANGUAGES = [
  'JAVA',
  'CPP',
  'DOTNET',
  'PYTHON',
  'DELPHI',
  'ERLANG',
  'RUBY',
  'OTHER',
  'HTTP',
  'GO',
  'PHP',
  'OMS',
  'RUST',
  'NODE_JS',
] as const;

export type Language = (typeof LANGUAGES)[number];

const ORDINALS: ReadonlyMap<string, number> = new Map(LANGUAGES.map((name, at) => [name, at]));

export function languageOf(ordinal: number): Language {
  return LANGUAGES[ordinal] ?? 'OTHER';
}

export function languageNamed(name: unknown): Language {
  const ordinal = typeof name === 'string' ? ORDINALS.get(name) : undefined;
  return ordinal === undefined ? 'OTHER' : languageOf(ordinal);
}

export function languageOrdinal(language: Language): number {
  return LANGUAGES.indexOf(language);
}
