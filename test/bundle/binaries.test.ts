import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { misfitIn, type Platform, platformOf } from '../../src/bundle/binaries.ts'

/** A library that needs another one, and whose strings name a second one: the header, entries, strings and two sections. */
function elf(machine: number, needed: string, unneeded = ''): Uint8Array {
  const names = Buffer.from(`\0${needed}\0${unneeded}\0`)
  const file = Buffer.alloc(80 + names.length + 128)
  file.write('\x7fELF\x02\x01\x01', 'latin1')
  file.writeUInt16LE(machine, 18)
  file.writeBigUInt64LE(BigInt(80 + names.length), 0x28)
  file.writeUInt16LE(2, 0x3c)
  file.writeBigUInt64LE(1n, 64)
  file.writeBigUInt64LE(1n, 72)
  names.copy(file, 80)
  for (const [index, { type, start, bytes }] of [
    { type: 3, start: 80, bytes: names.length },
    { type: 6, start: 64, bytes: 16 },
  ].entries()) {
    const at = 80 + names.length + index * 64
    file.writeUInt32LE(type, at + 4)
    file.writeBigUInt64LE(BigInt(start), at + 24)
    file.writeBigUInt64LE(BigInt(bytes), at + 32)
  }
  return file
}

function elf32(machine: number): Uint8Array {
  const file = Buffer.alloc(52)
  file.write('\x7fELF\x01\x01\x01', 'latin1')
  file.writeUInt16LE(machine, 18)
  return file
}

function mach(cpu: number): Uint8Array {
  const file = Buffer.alloc(32)
  file.writeUInt32BE(0xcffaedfe, 0)
  file.writeUInt32LE(cpu, 4)
  return file
}

function fatMach(...cpus: readonly number[]): Uint8Array {
  const file = Buffer.alloc(8 + cpus.length * 20)
  file.writeUInt32BE(0xcafebabe, 0)
  file.writeUInt32BE(cpus.length, 4)
  for (const [index, cpu] of cpus.entries()) file.writeUInt32BE(cpu, 8 + index * 20)
  return file
}

function pe(machine: number): Uint8Array {
  const file = Buffer.alloc(160)
  file.write('MZ')
  file.writeUInt32LE(128, 0x3c)
  file.write('PE\0\0', 128, 'latin1')
  file.writeUInt16LE(machine, 132)
  return file
}

const X64 = elf(62, 'libc.so.6')
const ARM64 = elf(183, 'libc.so.6')
const MUSL = elf(62, 'libc.musl-x86_64.so.1')
const MAC = mach(0x100000c)

test.each<[string, Uint8Array, Platform]>([
  ['ELF for x64', X64, { os: 'linux', cpus: ['x64'] }],
  ['ELF for arm64', ARM64, { os: 'linux', cpus: ['arm64'] }],
  ['ELF with musl', MUSL, { os: 'linux', cpus: ['x64'], libc: 'musl' }],
  ['ELF with musl by another name', elf(183, 'libc.so'), { os: 'linux', cpus: ['arm64'], libc: 'musl' }],
  [
    'ELF that names musl and does not need it',
    elf(62, 'a.so', 'libc.musl-x86_64.so.1'),
    { os: 'linux', cpus: ['x64'] },
  ],
  ['ELF for another machine', elf(4711, ''), { os: 'linux', cpus: ['machine 4711'] }],
  ['ELF of 32 bits for x64', elf32(62), { os: 'linux', cpus: ['x64 (32-bit)'] }],
  ['ELF for arm of 32 bits', elf32(40), { os: 'linux', cpus: ['arm'] }],
  ['Mach-O', MAC, { os: 'darwin', cpus: ['arm64'] }],
  ['Mach-O for two', fatMach(0x1000007, 0x100000c), { os: 'darwin', cpus: ['x64', 'arm64'] }],
  ['PE', pe(0x8664), { os: 'win32', cpus: ['x64'] }],
])('the platform of %s is read from its header', (_, contents, platform) => {
  expect(platformOf(contents)).toEqual(platform)
})

test('the platform of the running Node is found', () => {
  expect(platformOf(readFileSync(process.execPath))).toMatchObject({ os: process.platform, cpus: [process.arch] })
})

test('other files and truncated ones have no platform, or that of their header', () => {
  const java = Buffer.from('cafebabe00000041', 'hex')
  for (const contents of ['', 'native code', '#!/bin/sh\n', 'MZ', '\x7fELF']) {
    expect(platformOf(Buffer.from(contents, 'latin1'))).toBeUndefined()
  }
  expect(platformOf(java)).toBeUndefined()
  const whole = fc.constantFrom(X64, MAC, fatMach(7, 12), pe(0x14c))
  fc.assert(
    fc.property(whole, fc.nat(200), (contents, bytes) => {
      const cut = platformOf(contents.subarray(0, bytes))
      if (cut !== undefined) expect(platformOf(contents)?.os).toBe(cut.os)
    }),
  )
})

describe('a package', () => {
  const misfit = (files: Readonly<Record<string, Uint8Array>>) => misfitIn(new Map(Object.entries(files)), 'x64')?.path

  test.each<[string, Readonly<Record<string, Uint8Array>>, string | undefined]>([
    ['without addons fits', { 'lib/other.so': ARM64, 'tool.exe': pe(0x8664) }, undefined],
    ['with an addon that fits', { 'build/Release/a.node': X64, 'lib/a.so': ARM64 }, undefined],
    ['with an addon for another architecture', { 'a.node': ARM64 }, 'a.node'],
    ['with an addon that musl runs', { 'build/Release/a.node': MUSL }, 'build/Release/a.node'],
    [
      'with addons for several platforms, one of which fits',
      {
        'prebuilds/darwin-arm64/a.node': MAC,
        'prebuilds/linux-x64/a.musl.node': MUSL,
        'prebuilds/linux-x64/a.node': X64,
      },
      undefined,
    ],
    [
      'with addons for several platforms, none of which fits',
      { 'prebuilds/darwin-x64+arm64/a.node': MAC, 'prebuilds/linux-arm64/a.node': ARM64 },
      'prebuilds/darwin-x64+arm64/a.node',
    ],
    [
      'with a compiled addon that loaders take before those',
      { 'prebuilds/linux-x64/a.node': X64, 'build/Release/a.node': MAC },
      'build/Release/a.node',
    ],
    ['with two addons, one of which does not fit', { 'a.node': X64, 'b.node': pe(0x14c) }, 'b.node'],
    ['with an empty addon', { 'a.node': new Uint8Array() }, 'a.node'],
    [
      'with a text as an addon',
      { 'build/Release/a.node': Buffer.from('version https://git-lfs') },
      'build/Release/a.node',
    ],
    ['with an addon cut to 4 bytes', { 'a.node': X64.subarray(0, 4) }, 'a.node'],
    ['with an addon cut before its end', { 'a.node': X64.subarray(0, -30) }, 'a.node'],
    ['with an MZ file that has no PE header', { 'a.node': Buffer.from('MZ'.padEnd(200, '\0')) }, 'a.node'],
    [
      'with a damaged addon for another platform',
      { 'win32-x64/a.node': Buffer.from('MZ'), 'linux-x64/a.node': X64 },
      undefined,
    ],
    ['with a damaged addon of its tests', { 'test/a.node': Buffer.from(''), 'a.node': X64 }, undefined],
    ['with an addon of 32 bits', { 'a.node': elf32(62) }, 'a.node'],
    ['whose shared library does not fit', { 'a.node': X64, 'libvips.so.42': ARM64 }, 'libvips.so.42'],
    ['that has only a library of another system', { 'a.node': X64, 'libvips.dylib': MAC }, 'libvips.dylib'],
    [
      'that has libraries of other systems, too',
      { 'a.node': X64, 'v.so': X64, 'v.dylib': MAC, 'v.dll': pe(0x8664) },
      undefined,
    ],
  ])('%s', (_, files, expected) => {
    expect(misfit(files)).toBe(expected)
  })
})
