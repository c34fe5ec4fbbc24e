import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { hasTelemetry, loadTelemetry } from '../../src/project/telemetry.ts'
import { projectFolder } from './folder.ts'

const API = 'node_modules/@opentelemetry/api'
const NAMED = { 'package.json': JSON.stringify({ dependencies: { '@opentelemetry/api': '^1.9.0' } }) }

function folderWithApi(files: Readonly<Record<string, string>>): string {
  const folder = projectFolder(files)
  cpSync(resolve(API), join(folder, API), { recursive: true })
  return folder
}

test('a project has OpenTelemetry if it depends on the installed API', async () => {
  const folder = folderWithApi({ ...NAMED, 'shop/topology.json': '{}' })
  expect(hasTelemetry(folder)).toBe(true)
  expect(hasTelemetry(join(folder, 'shop'))).toBe(true)
  expect((await loadTelemetry(folder))?.trace.getTracer('t')).toBeDefined()
})

test('a project has none if only others depend on it, or if it is not installed', async () => {
  expect(hasTelemetry(folderWithApi({ 'package.json': '{}' }))).toBe(false)
  expect(hasTelemetry(projectFolder(NAMED))).toBe(false)
  expect(await loadTelemetry(projectFolder({}))).toBeUndefined()
})
