import type { LogLevel } from '../../runtime/invocation.ts'

const LEVELS: Readonly<Record<string, LogLevel | 'none'>> = {
  ...{ TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error', FATAL: 'none' },
}

/**
 * Returns the least serious level that a function logs. Source: Lambda developer guide, "Using Lambda advanced logging
 * controls", `AWS_LAMBDA_LOG_LEVEL`, read 2026-11-21.
 */
export function logLevelOf(env: Readonly<Record<string, string | undefined>>): LogLevel | 'none' {
  return LEVELS[env.AWS_LAMBDA_LOG_LEVEL ?? 'DEBUG'] ?? 'debug'
}
