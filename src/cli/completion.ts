/**
 * Completion scripts for shells, made from the table of commands: names first, then the options
 * of the command. Use: `source <(mqadmin completion bash)`.
 */
import type { CliCommand } from './command.ts';

export function completion(shell: 'bash' | 'zsh', commands: readonly CliCommand[]): string {
  return shell === 'bash' ? bash(commands) : zsh(commands);
}

function wordsOf({ options, lists }: CliCommand): string[] {
  const words = options.flatMap(({ short, long }) =>
    short === null ? [`--${long}`] : [`-${short}`, `--${long}`],
  );
  return [...words, '-n', '--namesrvAddr', '-h', '--help', ...(lists === true ? ['--json'] : [])];
}

function bash(commands: readonly CliCommand[]): string {
  const names = ['help', 'completion', ...commands.map(({ name }) => name)].join(' ');
  const cases = commands.map(
    (command) => `    ${command.name}) words='${wordsOf(command).join(' ')}' ;;`,
  );
  return [
    '_mqadmin() {',
    `  local words current="\${COMP_WORDS[COMP_CWORD]}"`,
    `  case "\${COMP_CWORD}:\${COMP_WORDS[1]}" in`,
    `    1:*|2:help) words='${names}' ;;`,
    "    2:completion) words='bash zsh' ;;",
    `    *) case "\${COMP_WORDS[1]}" in`,
    ...cases,
    '    esac ;;',
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _mqadmin mqadmin',
  ].join('\n');
}

function zsh(commands: readonly CliCommand[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const names = commands.map(({ name, description }) =>
    quoted(`${name}:${description.replaceAll(':', ' ')}`),
  );
  const cases = commands.map(
    (command) => `    ${command.name}) compadd -- ${wordsOf(command).join(' ')} ;;`,
  );
  return [
    '#compdef mqadmin',
    '_mqadmin() {',
    '  local -a commands',
    `  commands=(help completion ${names.join(' ')})`,
    `  if (( CURRENT == 2 )) || [[ CURRENT -eq 3 && \${words[2]} == help ]]; then`,
    "    _describe 'command' commands",
    '    return',
    '  fi',
    `  case \${words[2]} in`,
    '    completion) compadd bash zsh ;;',
    ...cases,
    '    *) _default ;;',
    '  esac',
    '}',
    'compdef _mqadmin mqadmin',
  ].join('\n');
}
