/** Permission bits of topics and brokers (Java `PermName`). */
export const Permission = {
  PRIORITY: 8,
  READ: 4,
  WRITE: 2,
  INHERIT: 1,
} as const;

export const READ_WRITE = Permission.READ | Permission.WRITE;

export function isReadable(perm: number): boolean {
  return (perm & Permission.READ) !== 0;
}

export function isWriteable(perm: number): boolean {
  return (perm & Permission.WRITE) !== 0;
}

export function isInherited(perm: number): boolean {
  return (perm & Permission.INHERIT) !== 0;
}

export function withoutWrite(perm: number): number {
  return perm & ~Permission.WRITE;
}

/** As logs and tools show it: `RWX` with `-` for what is missing (X is inherit). */
export function permissionText(perm: number): string {
  const readable = isReadable(perm) ? 'R' : '-';
  const writeable = isWriteable(perm) ? 'W' : '-';
  return `${readable}${writeable}${isInherited(perm) ? 'X' : '-'}`;
}
