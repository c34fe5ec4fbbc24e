/** A package and what a processor does with it. */
export interface PackageCase {
  /** Import declarations, as an ES module has them; a statement for its effect alone counts too. */
  readonly imports: readonly string[]
  /** The expression that the processor emits. It may await, and call `serve(async (url) => …)` for a server on this machine. */
  readonly use: string
  /** CommonJS imports it with `import()`: it has no other format. */
  readonly only?: 'module'
  /** Settings of the processor, without which the package cannot work. */
  readonly remedy?: { readonly external: readonly string[] }
  /** `attak check` does not see that the package needs them. */
  readonly isUnseen?: true
  /** Why the package cannot be bundled: the reason for the remedy, for the docs. */
  readonly why?: string
  /** The oldest Node that the package itself supports. */
  readonly node?: 22 | 24
}

/** Packages by name, and by what is special about them. One group is one project. */
export const CASES: Readonly<Record<string, Readonly<Record<string, PackageCase>>>> = {
  'several formats': {
    uuid: { imports: [`import { v5 } from 'uuid'`], use: `v5('attak', v5.URL)` },
    nanoid: {
      imports: [`import { customRandom } from 'nanoid'`],
      use: `customRandom('abc', 8, (bytes) => new Uint8Array(bytes).fill(1))()`,
    },
    'date-fns': {
      imports: [`import { format, addDays } from 'date-fns'`, `import { de } from 'date-fns/locale'`],
      use: `format(addDays(new Date(2026, 0, 31), 1), 'PPPP', { locale: de })`,
    },
    zod: {
      imports: [`import { z } from 'zod'`],
      use: `z.object({ n: z.coerce.number() }).safeParse({ n: 'x' }).error.issues`,
    },
    valibot: {
      imports: [`import * as v from 'valibot'`],
      use: `v.safeParse(v.pipe(v.string(), v.email()), 'x').issues[0].message`,
    },
    ajv: {
      imports: [`import { Ajv } from 'ajv'`, `import * as formats from 'ajv-formats'`],
      use: `(() => { const ajv = new Ajv(); formats.default(ajv); const check = ajv.compile({ type: 'string', format: 'date' }); return [check('2026-01-01'), check('x'), check.errors] })()`,
    },
    ky: { imports: [`import ky from 'ky'`], only: 'module', use: `serve((url) => ky(url + '/ky').json())` },
    axios: {
      imports: [`import axios from 'axios'`],
      use: `serve(async (url) => (await axios.get(url + '/axios')).data)`,
    },
    got: { imports: [`import got from 'got'`], only: 'module', use: `serve((url) => got(url + '/got').json())` },
    'p-limit': {
      imports: [`import pLimit from 'p-limit'`],
      only: 'module',
      use: `Promise.all([1, 2].map((n) => pLimit(1)(async () => n)))`,
    },
    'p-queue': {
      imports: [`import PQueue from 'p-queue'`],
      only: 'module',
      use: `new PQueue({ concurrency: 1 }).add(async () => 'queued')`,
    },
    luxon: {
      imports: [`import { DateTime } from 'luxon'`],
      use: `DateTime.fromISO('2026-03-29T01:00', { zone: 'Europe/Berlin' }).plus({ hours: 1 }).toISO()`,
    },
    dayjs: {
      imports: [`import dayjs from 'dayjs'`, `import utc from 'dayjs/plugin/utc.js'`, `import 'dayjs/locale/fr.js'`],
      use: `(dayjs.extend(utc), dayjs.utc('2026-01-01').locale('fr').format('dddd D MMMM'))`,
    },
    ulid: { imports: [`import { ulid } from 'ulid'`], use: `ulid(1).slice(0, 10)` },
    'lodash-es': {
      imports: [`import { chunk, debounce } from 'lodash-es'`],
      only: 'module',
      use: `[chunk([1, 2, 3], 2), typeof debounce]`,
    },
    jose: {
      imports: [`import { SignJWT, jwtVerify } from 'jose'`],
      use: `(async () => { const key = new Uint8Array(32); return (await jwtVerify(await new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'HS256' }).sign(key), key)).payload })()`,
    },
    ramda: { imports: [`import * as R from 'ramda'`], use: `R.pipe(R.map(R.inc), R.groupBy(String))([1, 2])` },
    rxjs: {
      imports: [`import { of, lastValueFrom } from 'rxjs'`, `import { map } from 'rxjs/operators'`],
      use: `lastValueFrom(of(1, 2).pipe(map((n) => n * 2)))`,
    },
    immer: {
      imports: [`import { produce } from 'immer'`],
      use: `produce({ a: [1] }, (draft) => void draft.a.push(2))`,
    },
    effect: {
      imports: [`import { Effect, Schema } from 'effect'`],
      use: `Effect.runPromise(Effect.map(Effect.succeed(1), (n) => n + 1))`,
    },
    'class-transformer': {
      imports: [`import 'reflect-metadata'`, `import { plainToInstance } from 'class-transformer'`],
      use: `(() => { class Bill {} ; const made = plainToInstance(Bill, { n: 1 }); return [made.constructor.name, made] })()`,
    },
    undici: {
      imports: [`import { request } from 'undici'`],
      node: 22,
      use: `serve(async (url) => (await request(url + '/undici')).body.json())`,
    },
    'lru-cache': {
      imports: [`import { LRUCache } from 'lru-cache'`],
      use: `(() => { const cache = new LRUCache({ max: 1 }); cache.set('a', 1); cache.set('b', 2); return [cache.get('a') ?? null, cache.get('b')] })()`,
    },
    'fast-xml-parser': {
      imports: [`import { XMLParser } from 'fast-xml-parser'`],
      use: `new XMLParser({ ignoreAttributes: false }).parse('<a b="1"><c>2</c></a>')`,
    },
    'csv-parse': { imports: [`import { parse } from 'csv-parse/sync'`], use: `parse('a,b\\n1,2', { columns: true })` },
    yaml: { imports: [`import { parse, stringify } from 'yaml'`], use: `stringify(parse('a: [1, 2]'))` },
    'js-yaml': { imports: [`import { load, dump } from 'js-yaml'`], use: `dump(load('a: {b: 2026-01-01}'))` },
    marked: { imports: [`import { marked } from 'marked'`], use: `marked.parse('# attak *runs*')` },
    chalk: { imports: [`import { Chalk } from 'chalk'`], only: 'module', use: `new Chalk({ level: 1 }).red('red')` },
    keyv: {
      imports: [`import { Keyv } from 'keyv'`],
      use: `(async () => { const kept = new Keyv(); await kept.set('a', { b: 1 }); return kept.get('a') })()`,
    },
  },
  CommonJS: {
    lodash: {
      imports: [`import _ from 'lodash'`, `import fp from 'lodash/fp.js'`],
      use: `[_.chunk([1, 2, 3], 2), _.template('<%= a %>')({ a: 1 }), fp.map(fp.add(1))([1])]`,
    },
    express: {
      imports: [`import express from 'express'`],
      use: `(async () => { const app = express(); app.use(express.json()); app.get('/:id', (request, response) => response.json(request.params)); const server = app.listen(0); const answer = await (await fetch('http://127.0.0.1:' + server.address().port + '/7')).json(); server.close(); server.closeAllConnections(); return answer })()`,
    },
    moment: {
      imports: [`import moment from 'moment'`],
      use: `[moment.utc('2026-01-01').locale('de').format('LLLL'), moment.locale('ru'), moment.locale('en')]`,
    },
    'moment-timezone': {
      imports: [`import moment from 'moment-timezone'`],
      use: `moment.tz('2026-07-01 12:00', 'Asia/Tokyo').format()`,
    },
    async: { imports: [`import async from 'async'`], use: `async.mapLimit([1, 2], 1, async (n) => n + 1)` },
    winston: {
      imports: [`import winston from 'winston'`],
      use: `new Promise((done) => { const { Writable } = process.getBuiltinModule('node:stream'); const stream = new Writable({ write: (text) => done(String(text)) }); winston.createLogger({ transports: [new winston.transports.Stream({ stream })] }).info('told', { a: 1 }) })`,
    },
    debug: {
      imports: [`import debug from 'debug'`],
      use: `(() => { const log = debug('attak:x'); const said = []; log.log = (...args) => said.push(args.length); debug.enable('attak:*'); log.enabled = true; log('%s', 'x'); return [log.namespace, said.length] })()`,
    },
    bluebird: {
      imports: [`import Bluebird from 'bluebird'`],
      use: `Bluebird.promisify((value, done) => done(null, value + 1))(1).then((n) => [n, Bluebird.resolve() instanceof Bluebird])`,
    },
    underscore: { imports: [`import _ from 'underscore'`], use: `[_.groupBy([1.2, 1.8], Math.floor), _.VERSION]` },
    'node-fetch': {
      imports: [`import fetched from 'node-fetch'`],
      use: `serve(async (url) => [typeof fetched, await (await fetched(url + '/node-fetch')).json()])`,
    },
    'form-data': {
      imports: [`import FormData from 'form-data'`],
      use: `(() => { const form = new FormData(); form.setBoundary('x'); form.append('a', 'b', { filename: 'c.json' }); return form.getBuffer().toString() })()`,
    },
    'iconv-lite': {
      imports: [`import iconv from 'iconv-lite'`],
      use: `[iconv.decode(Buffer.from([0x93, 0xfa, 0x96, 0x7b]), 'shift_jis'), iconv.encode('ü', 'latin1').toString('hex'), iconv.decode(Buffer.from('d6d0', 'hex'), 'gbk')]`,
    },
    'readable-stream': {
      imports: [`import { Readable } from 'readable-stream'`],
      use: `Readable.from(['a', 'b']).toArray()`,
    },
    'safe-buffer': { imports: [`import { Buffer as Safe } from 'safe-buffer'`], use: `Safe.from('a').toString('hex')` },
    semver: {
      imports: [`import semver from 'semver'`],
      use: `[semver.inc('1.2.3', 'minor'), semver.satisfies('1.2.3', '^1.2.0')]`,
    },
    commander: {
      imports: [`import { Command } from 'commander'`],
      node: 22,
      use: `new Command().option('-n <n>').parse(['-n', '1'], { from: 'user' }).opts()`,
    },
    yargs: {
      imports: [`import yargs from 'yargs'`],
      only: 'module',
      use: `(({ n, _ }) => [n, _])(yargs(['--n', '1', 'x']).locale('en').parse())`,
    },
    'mime-types': {
      imports: [`import mime from 'mime-types'`],
      use: `[mime.contentType('a.html'), mime.extension('image/png')]`,
    },
    qs: { imports: [`import qs from 'qs'`], use: `[qs.parse('a[b][]=1'), qs.stringify({ a: { b: [1] } })]` },
    jsonwebtoken: {
      imports: [`import jwt from 'jsonwebtoken'`],
      use: `jwt.verify(jwt.sign({ a: 1, iat: 1 }, 'secret'), 'secret')`,
    },
    bcryptjs: {
      imports: [`import bcrypt from 'bcryptjs'`],
      use: `bcrypt.hashSync('x', '$2b$04$abcdefghijklmnopqrstuu')`,
    },
    joi: {
      imports: [`import Joi from 'joi'`],
      use: `Joi.object({ a: Joi.number().required() }).validate({}).error.message`,
    },
    request: {
      imports: [`import request from 'request'`],
      use: `serve((url) => new Promise((done) => request(url + '/request', (error, response, body) => done(JSON.parse(body)))))`,
    },
    superagent: {
      imports: [`import superagent from 'superagent'`],
      use: `serve(async (url) => (await superagent.get(url + '/superagent')).body)`,
    },
    nodemailer: {
      imports: [`import nodemailer from 'nodemailer'`],
      use: `(async () => (await nodemailer.createTransport({ jsonTransport: true }).sendMail({ from: 'a@b.c', to: 'd@e.f', subject: 's', messageId: 'm', date: new Date(0), text: 't' })).envelope)()`,
    },
    xml2js: { imports: [`import xml2js from 'xml2js'`], use: `xml2js.parseStringPromise('<a b="1"><c>2</c></a>')` },
    'node-cache': {
      imports: [`import NodeCache from 'node-cache'`],
      use: `(() => { const cache = new NodeCache({ checkperiod: 0 }); cache.set('a', { b: 1 }); return cache.get('a') })()`,
    },
    dataloader: {
      imports: [`import DataLoader from 'dataloader'`],
      use: `new DataLoader(async (keys) => keys.map((key) => key * 2)).loadMany([1, 2])`,
    },
    protobufjs: {
      imports: [`import protobuf from 'protobufjs'`],
      use: `(() => { const { Bill } = protobuf.parse('syntax = "proto3"; message Bill { int32 n = 1; }').root.nested; return Buffer.from(Bill.encode({ n: 7 }).finish()).toString('hex') })()`,
    },
    validator: {
      imports: [`import validator from 'validator'`],
      use: `[validator.isEmail('a@b.co'), validator.isIBAN('x')]`,
    },
    jszip: {
      imports: [`import JSZip from 'jszip'`],
      use: `(async () => { const zip = new JSZip(); zip.file('a.txt', 'text'); return (await JSZip.loadAsync(await zip.generateAsync({ type: 'nodebuffer' }))).file('a.txt').async('string') })()`,
    },
    exceljs: {
      imports: [`import ExcelJS from 'exceljs'`],
      use: `(async () => { const book = new ExcelJS.Workbook(); book.addWorksheet('s').addRow([1, 'b']); const read = new ExcelJS.Workbook(); await read.xlsx.load(await book.xlsx.writeBuffer()); return read.getWorksheet('s').getRow(1).values })()`,
    },
  },
  AWS: {
    '@aws-sdk/client-s3': {
      imports: [
        `import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3'`,
        `import { getSignedUrl } from '@aws-sdk/s3-request-presigner'`,
      ],
      use: `getSignedUrl(new S3Client({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }), new GetObjectCommand({ Bucket: 'b', Key: 'k' }), { signingDate: new Date(0) }).then((url) => url.replace(/x-id|user-agent=[^&]*/g, ''))`,
    },
    '@aws-sdk/lib-dynamodb': {
      imports: [
        `import { DynamoDBClient } from '@aws-sdk/client-dynamodb'`,
        `import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'`,
      ],
      use: `serve(async (endpoint) => { const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region: 'eu-west-1', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })); const seen = []; client.middlewareStack.add((next) => async (args) => { seen.push(args.request.body); return next(args) }, { step: 'finalizeRequest', priority: 'low' }); const { $metadata } = await client.send(new PutCommand({ TableName: 't', Item: { id: 1, tags: new Set(['x']) } })).catch((error) => ({ $metadata: error.name })); return [seen, $metadata.httpStatusCode ?? $metadata] })`,
    },
    '@aws-sdk/util-dynamodb': {
      imports: [`import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'`],
      use: `[marshall({ a: [1, 'b', null] }), unmarshall({ a: { N: '1' } })]`,
    },
    'aws-sdk': {
      imports: [`import AWS from 'aws-sdk'`],
      use: `[new AWS.S3({ region: 'eu-west-1', accessKeyId: 'a', secretAccessKey: 'b' }).getSignedUrl('getObject', { Bucket: 'b', Key: 'k', Expires: 60 }).split('?')[0], AWS.DynamoDB.Converter.marshall({ a: 1 }), typeof AWS.SQS]`,
    },
    '@aws-lambda-powertools/logger': {
      imports: [`import { Logger } from '@aws-lambda-powertools/logger'`],
      use: `(() => { const said = []; const logger = new Logger({ serviceName: 's' }); logger.console = { info: (text) => said.push(text) }; logger.info('told', { a: 1 }); return said.map((text) => { const { timestamp, ...rest } = JSON.parse(text); return rest }) })()`,
    },
    '@aws-lambda-powertools/metrics': {
      imports: [`import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'`],
      use: `(() => { const metrics = new Metrics({ namespace: 'n', serviceName: 's' }); metrics.addMetric('m', MetricUnit.Count, 1); const { _aws, ...rest } = metrics.serializeMetrics(); metrics.clearMetrics(); return rest })()`,
    },
    '@aws-lambda-powertools/tracer': {
      imports: [`import { Tracer } from '@aws-lambda-powertools/tracer'`],
      use: `[new Tracer({ enabled: false, serviceName: 's' }).isTracingEnabled()]`,
    },
    '@aws-lambda-powertools/batch': {
      imports: [`import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'`],
      use: `processPartialResponse({ Records: [{ messageId: 'a' }, { messageId: 'b' }] }, async ({ messageId }) => { if (messageId === 'a') throw new Error('no') }, new BatchProcessor(EventType.SQS))`,
    },
    '@middy/core': {
      imports: [`import middy from '@middy/core'`, `import httpJsonBodyParser from '@middy/http-json-body-parser'`],
      only: 'module',
      node: 22,
      use: `middy(async (given) => given.body).use(httpJsonBodyParser())({ headers: { 'content-type': 'application/json' }, body: '{"a":1}' }, {})`,
    },
    '@smithy/signature-v4': {
      imports: [`import { SignatureV4 } from '@smithy/signature-v4'`, `import { Sha256 } from '@aws-crypto/sha256-js'`],
      use: `new SignatureV4({ service: 's3', region: 'r', sha256: Sha256, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }).sign({ method: 'GET', protocol: 'https:', hostname: 'h', path: '/', headers: { host: 'h' }, query: {} }, { signingDate: new Date(0) }).then(({ headers }) => headers.authorization)`,
    },
    'aws-xray-sdk-core': {
      imports: [`import AWSXRay from 'aws-xray-sdk-core'`],
      use: `(AWSXRay.setContextMissingStrategy('IGNORE_ERROR'), new AWSXRay.Segment('s', '1-00000000-000000000000000000000000').trace_id)`,
    },
    'serverless-http': {
      imports: [`import serverless from 'serverless-http'`, `import express from 'express'`],
      use: `(async () => { const app = express(); app.get('/a', (request, response) => response.json({ path: request.path })); const { statusCode, body } = await serverless(app)({ httpMethod: 'GET', path: '/a', headers: {} }, {}); return [statusCode, body] })()`,
    },
    dynamoose: {
      imports: [`import dynamoose from 'dynamoose'`],
      use: `(() => { const Bill = dynamoose.model('Bill', { id: String, n: Number }, { create: false, waitForActive: false }); return new Bill({ id: 'a', n: 1 }) })()`,
    },
  },
  'GraphQL, web frameworks and RPC': {
    graphql: {
      imports: [`import { graphql, buildSchema } from 'graphql'`],
      use: `graphql({ schema: buildSchema('type Query { a: Int }'), source: '{ a }', rootValue: { a: 1 } })`,
    },
    '@apollo/server': {
      imports: [`import { ApolloServer } from '@apollo/server'`],
      use: `new ApolloServer({ typeDefs: 'type Query { a: Int }', resolvers: { Query: { a: () => 1 } } }).executeOperation({ query: '{ a }' }).then(({ body }) => body.singleResult.data)`,
    },
    '@graphql-tools/schema': {
      imports: [
        `import { makeExecutableSchema } from '@graphql-tools/schema'`,
        `import { printSchema } from 'graphql'`,
      ],
      use: `printSchema(makeExecutableSchema({ typeDefs: 'type Query { a: Int }' }))`,
    },
    fastify: {
      imports: [`import fastify from 'fastify'`],
      use: `(async () => { const app = fastify(); app.get('/a', { schema: { response: { 200: { type: 'object', properties: { n: { type: 'integer' } } } } } }, async () => ({ n: 1, x: 2 })); const { statusCode, body } = await app.inject('/a'); return [statusCode, body] })()`,
    },
    hono: {
      imports: [`import { Hono } from 'hono'`],
      use: `(await new Hono().get('/a', (c) => c.json({ a: 1 })).request('/a')).json()`,
    },
    koa: {
      imports: [`import Koa from 'koa'`],
      use: `(async () => { const app = new Koa(); app.use((ctx) => { ctx.body = { a: 1 } }); const server = app.listen(0); const answer = await (await fetch('http://127.0.0.1:' + server.address().port)).json(); server.close(); server.closeAllConnections(); return answer })()`,
    },
    '@nestjs/core': {
      imports: [
        `import 'reflect-metadata'`,
        `import { NestFactory } from '@nestjs/core'`,
        `import { Module } from '@nestjs/common'`,
      ],
      use: `(async () => { class App {} ; Module({ providers: [{ provide: 'n', useValue: 7 }] })(App); const app = await NestFactory.createApplicationContext(App, { logger: false, abortOnError: false }); return app.get('n') })()`,
    },
    '@grpc/grpc-js': {
      imports: [`import grpc from '@grpc/grpc-js'`],
      use: `[grpc.status.NOT_FOUND, new grpc.Metadata().toJSON()]`,
    },
    'socket.io-client': {
      imports: [`import { io } from 'socket.io-client'`],
      use: `new Promise((done) => { const socket = io('http://127.0.0.1:1', { reconnection: false }); socket.on('connect_error', (error) => done(error.message)) })`,
    },
    ws: {
      imports: [`import WebSocket from 'ws'`, `import { WebSocketServer } from 'ws'`],
      use: `new Promise((done) => { const server = new WebSocketServer({ port: 0 }, () => { const client = new WebSocket('ws://127.0.0.1:' + server.address().port); client.on('message', (text) => { done(String(text)); client.terminate(); server.close() }) }); server.on('connection', (socket) => socket.send('x'.repeat(20))) })`,
    },
    avsc: {
      imports: [`import avro from 'avsc'`],
      use: `avro.Type.forSchema({ type: 'array', items: 'int' }).toBuffer([1, 2]).toString('hex')`,
    },
    inversify: {
      imports: [`import 'reflect-metadata'`, `import { Container } from 'inversify'`],
      use: `(() => { const container = new Container(); container.bind('n').toConstantValue(7); return container.get('n') })()`,
    },
  },
  'native code': {
    sharp: {
      imports: [`import sharp from 'sharp'`],
      use: `sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } }).raw().toBuffer().then((bytes) => bytes.toString('hex'))`,
      remedy: { external: ['sharp'] },
      why: 'native code',
    },
    bcrypt: {
      imports: [`import bcrypt from 'bcrypt'`],
      use: `bcrypt.hash('x', '$2b$04$abcdefghijklmnopqrstuu')`,
      remedy: { external: ['bcrypt'] },
      why: 'native code',
    },
    argon2: {
      imports: [`import argon2 from 'argon2'`],
      use: `argon2.hash('x', { salt: Buffer.alloc(16), timeCost: 2, memoryCost: 1024 })`,
      remedy: { external: ['argon2'] },
      why: 'native code',
      node: 22,
    },
    esbuild: {
      imports: [`import esbuild from 'esbuild'`],
      use: `esbuild.transform('let a: number = 1', { loader: 'ts' }).then(({ code }) => code)`,
      remedy: { external: ['esbuild'] },
      why: 'it starts another program',
    },
    '@node-rs/argon2': {
      imports: [`import { hashSync, verify } from '@node-rs/argon2'`],
      use: `verify(hashSync('x'), 'x')`,
      remedy: { external: ['@node-rs/argon2'] },
      why: 'native code',
    },
    '@node-rs/crc32': {
      imports: [`import { crc32 } from '@node-rs/crc32'`],
      use: `crc32('attak')`,
      remedy: { external: ['@node-rs/crc32'] },
      why: 'native code',
    },
    '@napi-rs/canvas': {
      imports: [`import { createCanvas } from '@napi-rs/canvas'`],
      use: `(() => { const context = createCanvas(1, 1).getContext('2d'); context.fillStyle = '#f00'; context.fillRect(0, 0, 1, 1); return [...context.getImageData(0, 0, 1, 1).data] })()`,
      remedy: { external: ['@napi-rs/canvas'] },
      why: 'native code',
    },
    '@swc/core': {
      imports: [`import swc from '@swc/core'`],
      use: `swc.transformSync('let a: number = 1', { jsc: { parser: { syntax: 'typescript' } } }).code`,
      remedy: { external: ['@swc/core'] },
      why: 'native code',
    },
    lightningcss: {
      imports: [`import { transform } from 'lightningcss'`],
      use: `transform({ filename: 'a.css', code: Buffer.from('a { color: red }'), minify: true }).code.toString()`,
      remedy: { external: ['lightningcss'] },
      why: 'native code',
    },
    'classic-level': {
      imports: [`import { ClassicLevel } from 'classic-level'`],
      use: `(async () => { const { mkdtempSync } = process.getBuiltinModule('node:fs'); const db = new ClassicLevel(mkdtempSync('/tmp/attak-level-')); await db.put('a', '1'); const value = await db.get('a'); await db.clear(); await db.close(); return value })()`,
      remedy: { external: ['classic-level'] },
      why: 'native code',
    },
    snappy: {
      imports: [`import snappy from 'snappy'`],
      use: `snappy.uncompress(snappy.compressSync('attak'), { asBuffer: false })`,
      remedy: { external: ['snappy'] },
      why: 'native code',
    },
    '@resvg/resvg-js': {
      imports: [`import { Resvg } from '@resvg/resvg-js'`],
      use: `(() => { const image = new Resvg('<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>').render(); return [image.width, image.height] })()`,
      remedy: { external: ['@resvg/resvg-js'] },
      why: 'native code',
    },
    'sodium-native': {
      imports: [`import sodium from 'sodium-native'`],
      use: `(() => { const out = Buffer.alloc(32); sodium.crypto_generichash(out, Buffer.from('attak')); return out.toString('hex') })()`,
      remedy: { external: ['sodium-native'] },
      why: 'native code',
    },
    msgpackr: {
      imports: [`import { pack, unpack } from 'msgpackr'`],
      use: `[pack({ a: [1, 'b'] }).toString('hex'), unpack(pack({ a: 1 }))]`,
      remedy: { external: ['msgpackr-extract'] },
      why: 'native code in msgpackr-extract',
    },
    bufferutil: {
      imports: [`import bufferutil from 'bufferutil'`],
      use: `(() => { const out = Buffer.alloc(2); bufferutil.mask(Buffer.from('ab'), Buffer.from([1, 2, 3, 4]), out, 0, 2); return out.toString('hex') })()`,
    },
  },
  'data and WebAssembly': {
    'mime-db': { imports: [`import db from 'mime-db'`], use: `db['text/html']` },
    'country-list': { imports: [`import { getName } from 'country-list'`], use: `getName('DE')` },
    'i18n-iso-countries': {
      imports: [`import countries from 'i18n-iso-countries'`],
      use: `[countries.getName('DE', 'en') ?? null, countries.getName('FR', 'de') ?? null, countries.alpha2ToAlpha3('IT')]`,
    },
    'sql.js': {
      imports: [`import initSqlJs from 'sql.js'`],
      use: `(async () => { const SQL = await initSqlJs(); return new SQL.Database().exec('select 1 + 1 as two') })()`,
      remedy: { external: ['sql.js'] },
      why: 'it reads a file beside its code',
    },
    tiktoken: {
      imports: [`import { get_encoding } from 'tiktoken'`],
      use: `[...get_encoding('cl100k_base').encode('attak runs')]`,
      remedy: { external: ['tiktoken'] },
      why: 'it reads a file beside its code',
    },
    'libsodium-wrappers': {
      imports: [`import sodium from 'libsodium-wrappers'`],
      use: `sodium.ready.then(() => sodium.to_hex(sodium.crypto_generichash(32, 'attak')))`,
    },
    'libphonenumber-js': {
      imports: [`import { parsePhoneNumber } from 'libphonenumber-js'`],
      use: `parsePhoneNumber('+4930123456').formatInternational()`,
    },
  },
  threads: {
    piscina: {
      imports: [`import { Piscina } from 'piscina'`],
      use: `(async () => { const { mkdtempSync, writeFileSync } = process.getBuiltinModule('node:fs'); const filename = mkdtempSync('/tmp/attak-threads-') + '/work.mjs'; writeFileSync(filename, 'export default (n) => n + 1'); const pool = new Piscina({ filename, maxThreads: 1 }); const value = await pool.run(1); await pool.destroy(); return value })()`,
      remedy: { external: ['piscina'] },
      why: 'it starts threads with a file beside its code',
    },
    workerpool: {
      imports: [`import workerpool from 'workerpool'`],
      use: `(async () => { const pool = workerpool.pool({ maxWorkers: 1, workerType: 'thread' }); const value = await pool.exec((a, b) => a + b, [1, 2]); await pool.terminate(); return value })()`,
      remedy: { external: ['workerpool'] },
      why: 'it starts threads with a file beside its code',
    },
    pino: {
      imports: [`import pino from 'pino'`],
      use: `new Promise((done) => { const { Writable } = process.getBuiltinModule('node:stream'); pino({ base: null, timestamp: false }, new Writable({ write: (text) => done(String(text)) })).info({ a: 1 }, 'told') })`,
    },
    'pino-pretty': {
      imports: [`import pino from 'pino'`],
      use: `(async () => { const { readFileSync, mkdtempSync, existsSync } = process.getBuiltinModule('node:fs'); const destination = mkdtempSync('/tmp/attak-pino-') + '/log'; const transport = pino.transport({ target: 'pino-pretty', options: { destination, colorize: false, sync: true } }); await new Promise((done, failed) => { transport.on('ready', done); transport.on('error', failed) }); pino({ base: null, timestamp: false }, transport).info('told'); transport.end(); await new Promise((done) => transport.on('close', done)); return readFileSync(destination, 'utf8') })()`,
      remedy: { external: ['pino', 'pino-pretty'] },
      why: 'transports of pino are threads, which start with a file beside its code',
    },
  },
  'for their effect': {
    dotenv: { imports: [`import 'dotenv/config'`, `import dotenv from 'dotenv'`], use: `dotenv.parse('A=1')` },
    'source-map-support': {
      imports: [`import 'source-map-support/register.js'`],
      use: `typeof Error.prepareStackTrace`,
    },
    'reflect-metadata': {
      imports: [`import 'reflect-metadata'`],
      use: `(Reflect.defineMetadata('a', 1, Object), Reflect.getMetadata('a', Object))`,
    },
    'core-js': {
      imports: [`import 'core-js/actual/array/group-by-to-map.js'`, `import 'core-js/actual/promise/index.js'`],
      use: `[typeof [].groupByToMap, typeof Promise.try]`,
    },
    'regenerator-runtime': { imports: [`import 'regenerator-runtime/runtime.js'`], use: `typeof regeneratorRuntime` },
    '@opentelemetry/sdk-trace-base': {
      imports: [
        `import { trace } from '@opentelemetry/api'`,
        `import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'`,
      ],
      use: `(() => { const exporter = new InMemorySpanExporter(); const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }); provider.getTracer('t').startSpan('s').end(); return [exporter.getFinishedSpans().map(({ name }) => name), typeof trace.getTracer] })()`,
    },
    '@opentelemetry/sdk-node': {
      imports: [`import { NodeSDK } from '@opentelemetry/sdk-node'`],
      use: `typeof new NodeSDK({ autoDetectResources: false }).start`,
    },
    '@sentry/node': {
      imports: [`import * as Sentry from '@sentry/node'`],
      use: `(() => { Sentry.init({ dsn: undefined, defaultIntegrations: false }); return typeof Sentry.captureException(new Error('x')) })()`,
    },
    'dd-trace': {
      imports: [`import tracer from 'dd-trace'`],
      use: `[typeof tracer.init, typeof tracer.trace('a', () => 1)]`,
      remedy: { external: ['@datadog/native-appsec', '@datadog/native-metrics', '@datadog/pprof'] },
      why: 'native code',
    },
    newrelic: {
      imports: [`import newrelic from 'newrelic'`],
      use: `[typeof newrelic.startBackgroundTransaction, newrelic.getTransaction().constructor.name]`,
      remedy: { external: ['newrelic'] },
      isUnseen: true,
      why: 'native code in what it depends on, and it resolves its own modules by names computed while it runs',
    },
    'cls-hooked': {
      imports: [`import cls from 'cls-hooked'`],
      use: `(() => { const space = cls.createNamespace('s'); return space.runAndReturn(() => { space.set('a', 1); return space.get('a') }) })()`,
    },
  },
  'templates and files': {
    handlebars: {
      imports: [`import Handlebars from 'handlebars'`],
      use: `Handlebars.compile('{{#each a}}{{this}};{{/each}}')({ a: [1, 2] })`,
    },
    ejs: {
      imports: [`import ejs from 'ejs'`],
      use: `ejs.render('<% for (const n of a) { %><%= n %>;<% } %>', { a: [1, 2] })`,
    },
    pug: { imports: [`import pug from 'pug'`], use: `pug.render('p= a', { a: 1 })` },
    mustache: { imports: [`import mustache from 'mustache'`], use: `mustache.render('{{a}}', { a: 1 })` },
    nunjucks: {
      imports: [`import nunjucks from 'nunjucks'`],
      use: `nunjucks.renderString('{% for n in a %}{{ n }};{% endfor %}', { a: [1, 2] })`,
    },
    consolidate: {
      imports: [`import consolidate from 'consolidate'`, `import 'ejs'`],
      use: `consolidate.ejs.render('<%= a %>', { a: 1 })`,
      remedy: { external: ['consolidate', 'ejs'] },
      isUnseen: true,
      why: 'it requires the engines by computed names',
    },
    i18next: {
      imports: [`import i18next from 'i18next'`],
      use: `(async () => { const i18n = i18next.createInstance(); await i18n.init({ lng: 'de', resources: { de: { translation: { hi: 'hallo {{name}}' } } } }); return i18n.t('hi', { name: 'x' }) })()`,
    },
    'i18next-fs-backend': {
      imports: [`import i18next from 'i18next'`, `import Backend from 'i18next-fs-backend'`],
      use: `(async () => { const { mkdtempSync, writeFileSync } = process.getBuiltinModule('node:fs'); const folder = mkdtempSync('/tmp/attak-i18n-'); writeFileSync(folder + '/de.json', '{ "hi": "hallo" }'); const i18n = i18next.createInstance(); await i18n.use(Backend).init({ lng: 'de', fallbackLng: 'de', backend: { loadPath: folder + '/{{lng}}.json' } }); return i18n.t('hi') })()`,
    },
    pdfkit: {
      imports: [`import PDFDocument from 'pdfkit'`],
      use: `new Promise((done) => { const doc = new PDFDocument({ info: { CreationDate: new Date(0) }, compress: false }); const parts = []; doc.on('data', (part) => parts.push(part)); doc.on('end', () => done(Buffer.concat(parts).includes('Helvetica'))); doc.text('attak'); doc.end() })`,
      remedy: { external: ['pdfkit'] },
      why: 'it reads files beside its code',
    },
    fontkit: {
      imports: [`import * as fontkit from 'fontkit'`],
      use: `(() => { try { return fontkit.create(Buffer.alloc(8)) } catch (error) { return error.message } })()`,
    },
    cheerio: {
      imports: [`import * as cheerio from 'cheerio'`],
      use: `cheerio.load('<p class="a">x</p>')('.a').text()`,
    },
    'markdown-it': { imports: [`import MarkdownIt from 'markdown-it'`], use: `new MarkdownIt().render('# a')` },
  },
  'databases and brokers': {
    knex: {
      imports: [`import knex from 'knex'`],
      use: `knex({ client: 'pg' })('bills').where({ id: 1 }).select('n').toString()`,
    },
    sequelize: {
      imports: [`import { Sequelize, DataTypes } from 'sequelize'`],
      use: `(() => { const db = new Sequelize('postgres://a@127.0.0.1:1/b', { logging: false }); const Bill = db.define('Bill', { n: DataTypes.INTEGER }); return db.getQueryInterface().queryGenerator.selectQuery('Bills', { where: { n: 1 } }, Bill) })()`,
      remedy: { external: ['sequelize', 'pg'] },
      isUnseen: true,
      why: 'it requires the driver of a database by a computed name',
    },
    typeorm: {
      imports: [`import 'reflect-metadata'`, `import { DataSource, EntitySchema } from 'typeorm'`],
      use: `new DataSource({ type: 'postgres', host: '127.0.0.1', port: 1, entities: [new EntitySchema({ name: 'Bill', columns: { id: { type: Number, primary: true } } })] }).initialize().catch((error) => error.code)`,
      remedy: { external: ['typeorm', 'pg'] },
      isUnseen: true,
      why: 'it requires the driver of a database by a computed name',
    },
    mongoose: {
      imports: [`import mongoose from 'mongoose'`],
      remedy: { external: ['snappy'] },
      why: 'where snappy is installed, it loads the native code of that',
      use: `(() => { const Bill = new mongoose.Mongoose().model('Bill', new mongoose.Schema({ n: { type: Number, required: true } })); return Object.keys(new Bill({}).validateSync().errors) })()`,
    },
    mongodb: {
      imports: [`import { MongoClient, ObjectId } from 'mongodb'`],
      remedy: { external: ['snappy'] },
      why: 'where snappy is installed, it loads the native code of that',
      use: `new MongoClient('mongodb://127.0.0.1:1', { serverSelectionTimeoutMS: 50 }).connect().catch((error) => [error.name, new ObjectId('0123456789abcdef01234567').toHexString()])`,
    },
    pg: {
      imports: [`import pg from 'pg'`],
      use: `new pg.Client({ host: '127.0.0.1', port: 1 }).connect().catch((error) => [error.code, pg.escapeIdentifier('a"b')])`,
    },
    mysql2: {
      imports: [`import mysql from 'mysql2/promise'`],
      use: `mysql.createConnection({ host: '127.0.0.1', port: 1 }).catch((error) => [error.code, mysql.format('? ??', [1, 'a'])])`,
    },
    redis: {
      imports: [`import { createClient } from 'redis'`],
      use: `(async () => { const client = createClient({ url: 'redis://127.0.0.1:1', socket: { reconnectStrategy: false } }); client.on('error', () => {}); return client.connect().catch((error) => error.code) })()`,
    },
    ioredis: {
      imports: [`import Redis from 'ioredis'`],
      use: `(async () => { const client = new Redis({ port: 1, lazyConnect: true, retryStrategy: null }); client.on('error', () => {}); return client.connect().catch((error) => error.message) })()`,
    },
    kafkajs: {
      imports: [`import { Kafka, logLevel } from 'kafkajs'`],
      use: `new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin().connect().catch((error) => error.name)`,
    },
    amqplib: {
      imports: [`import amqp from 'amqplib'`],
      use: `amqp.connect('amqp://127.0.0.1:1').catch((error) => error.code)`,
    },
    mssql: {
      imports: [`import sql from 'mssql'`],
      use: `sql.connect({ server: '127.0.0.1', port: 1, options: { encrypt: false } }).catch((error) => error.code)`,
    },
    '@elastic/elasticsearch': {
      imports: [`import { Client } from '@elastic/elasticsearch'`],
      use: `new Client({ node: 'http://127.0.0.1:1', maxRetries: 0 }).ping().catch((error) => error.name)`,
    },
    'drizzle-orm': {
      imports: [
        `import { pgTable, integer, QueryBuilder } from 'drizzle-orm/pg-core'`,
        `import { eq } from 'drizzle-orm'`,
      ],
      use: `(() => { const bills = pgTable('bills', { id: integer() }); return new QueryBuilder().select().from(bills).where(eq(bills.id, 1)).toSQL() })()`,
    },
    kysely: {
      imports: [
        `import { Kysely, DummyDriver, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'`,
      ],
      only: 'module',
      use: `new Kysely({ dialect: { createAdapter: () => new PostgresAdapter(), createDriver: () => new DummyDriver(), createIntrospector: (db) => new PostgresIntrospector(db), createQueryCompiler: () => new PostgresQueryCompiler() } }).selectFrom('bills').selectAll().compile().sql`,
    },
    electrodb: {
      imports: [`import { Entity } from 'electrodb'`],
      use: `new Entity({ model: { entity: 'bill', version: '1', service: 's' }, attributes: { id: { type: 'string' } }, indexes: { one: { pk: { field: 'pk', composite: ['id'] }, sk: { field: 'sk', composite: [] } } } }, { table: 't' }).get({ id: 'a' }).params()`,
    },
  },
  'names computed while they run': {
    'any-promise': { imports: [`import AnyPromise from 'any-promise'`], use: `AnyPromise.resolve(1)` },
    cosmiconfig: {
      imports: [`import { cosmiconfig } from 'cosmiconfig'`],
      use: `(async () => { const { mkdtempSync, writeFileSync } = process.getBuiltinModule('node:fs'); const folder = mkdtempSync('/tmp/attak-cosmic-'); writeFileSync(folder + '/.billrc.yaml', 'a: 1'); return (await cosmiconfig('bill').search(folder)).config })()`,
    },
    config: { imports: [`import config from 'config'`], use: `[typeof config.get, config.has('a')]` },
    '@nestjs/platform-express': {
      imports: [
        `import 'reflect-metadata'`,
        `import { NestFactory } from '@nestjs/core'`,
        `import { Module } from '@nestjs/common'`,
        `import '@nestjs/platform-express'`,
      ],
      use: `(async () => { class App {} ; Module({ providers: [{ provide: 'n', useValue: 7 }] })(App); const app = await NestFactory.create(App, { logger: false, abortOnError: false }); await app.init(); return app.get('n') })()`,
    },
    'express and a view engine': {
      imports: [`import express from 'express'`, `import 'ejs'`],
      use: `(() => { const { mkdtempSync, writeFileSync } = process.getBuiltinModule('node:fs'); const views = mkdtempSync('/tmp/attak-views-'); writeFileSync(views + '/bill.ejs', '<%= n %>'); const app = express(); app.set('views', views); app.set('view engine', 'ejs'); return new Promise((done, failed) => app.render('bill', { n: 7 }, (error, text) => (error ? failed(error) : done(text)))) })()`,
      remedy: { external: ['express', 'ejs'] },
      isUnseen: true,
      why: 'express requires the engine by a computed name',
    },
    convict: {
      imports: [`import convict from 'convict'`],
      use: `convict({ port: { format: 'port', default: 80, env: 'NO_SUCH_PORT' } }).validate().getProperties()`,
    },
  },
  'clients of services': {
    '@aws-sdk/client-sqs': {
      imports: [`import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs'`],
      use: `serve((endpoint) => new SQSClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }).send(new SendMessageCommand({ QueueUrl: endpoint + '/q', MessageBody: 'x' }), { abortSignal: AbortSignal.timeout(10_000) }).then(({ $metadata }) => $metadata.httpStatusCode, (error) => error.name))`,
    },
    '@aws-sdk/client-secrets-manager': {
      imports: [`import { SecretsManager } from '@aws-sdk/client-secrets-manager'`],
      use: `serve((endpoint) => new SecretsManager({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }).getSecretValue({ SecretId: 's' }).then(({ $metadata }) => $metadata.httpStatusCode))`,
    },
    'puppeteer-core': {
      imports: [`import puppeteer from 'puppeteer-core'`],
      only: 'module',
      node: 22,
      use: `puppeteer.launch({ executablePath: '/none' }).catch((error) => error.message.split('\\n')[0])`,
    },
    'playwright-core': {
      imports: [`import { chromium } from 'playwright-core'`],
      use: `chromium.launch({ executablePath: '/none' }).catch((error) => [error.name, /none/.test(error.message)])`,
      remedy: { external: ['playwright-core'] },
      why: 'it reads files beside its code',
    },
    '@google-cloud/storage': {
      imports: [`import { Storage } from '@google-cloud/storage'`],
      use: `new Storage({ projectId: 'p', apiEndpoint: 'http://127.0.0.1:1' }).bucket('b').file('a').name`,
    },
    '@google-cloud/pubsub': {
      imports: [`import { PubSub } from '@google-cloud/pubsub'`],
      use: `new PubSub({ projectId: 'p' }).topic('t').name`,
    },
    stripe: {
      imports: [`import Stripe from 'stripe'`],
      use: `new Stripe('sk_test_x').webhooks.generateTestHeaderString({ payload: '{}', secret: 's', timestamp: 1 })`,
    },
    twilio: {
      imports: [`import twilio from 'twilio'`],
      use: `[typeof twilio('AC' + '0'.repeat(32), 'x').messages.create, new twilio.twiml.VoiceResponse().toString()]`,
    },
    '@slack/web-api': {
      imports: [`import { WebClient } from '@slack/web-api'`],
      use: `serve((url) => new WebClient('x', { slackApiUrl: url + '/', retryConfig: { retries: 0 } }).api.test().catch((error) => error.code))`,
    },
    openai: {
      imports: [`import OpenAI from 'openai'`],
      use: `serve((baseURL) => new OpenAI({ apiKey: 'x', baseURL }).models.retrieve('m'))`,
    },
    '@anthropic-ai/sdk': {
      imports: [`import Anthropic from '@anthropic-ai/sdk'`],
      use: `serve((baseURL) => new Anthropic({ apiKey: 'x', baseURL }).models.retrieve('m'))`,
    },
    'firebase-admin': {
      imports: [
        `import { initializeApp, cert, deleteApp } from 'firebase-admin/app'`,
        `import { getFirestore } from 'firebase-admin/firestore'`,
      ],
      use: `(async () => { const app = initializeApp({ projectId: 'p' }, 'a' + Math.random()); const { path } = getFirestore(app).collection('c').doc('d'); await deleteApp(app); return [path, typeof cert] })()`,
    },
    '@langchain/core': {
      imports: [`import { ChatPromptTemplate } from '@langchain/core/prompts'`],
      use: `ChatPromptTemplate.fromTemplate('hi {name}').invoke({ name: 'x' }).then((value) => value.toString())`,
    },
    'google-auth-library': {
      imports: [`import { GoogleAuth, JWT } from 'google-auth-library'`],
      use: `[typeof new GoogleAuth().getClient, new JWT({ email: 'a@b.c' }).email]`,
    },
    busboy: {
      imports: [`import busboy from 'busboy'`],
      use: `new Promise((done) => { const form = busboy({ headers: { 'content-type': 'multipart/form-data; boundary=x' } }); form.on('field', (name, value) => done([name, value])); form.end('--x\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\nb\\r\\n--x--\\r\\n') })`,
    },
  },
}
