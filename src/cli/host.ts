/** The process as a command sees it; nothing else in `src/` touches `process`. */
export interface Host {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly out: Terminal
  readonly err: Terminal
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}

/** Where a command writes. */
export interface Terminal {
  /** Returns false when the reader is behind; `drained` then gives the promise to wait for. */
  write(text: string): boolean
  drained(): Promise<void>
  readonly isTTY: boolean
  /** Columns; 80 when unknown. */
  readonly columns: number
}
