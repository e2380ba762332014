/** Redis and PostgreSQL for n8n's queue mode: separate instances on free ports, with their own data. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../ports.mts';
import { endProgram, removeAtExit, removeNow, runProgram, startProgram, type Program, type ProgramOptions } from '../processes.mts';
import { until } from '../until.mts';

const HOST = '127.0.0.1';
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const INITDB_TIMEOUT_MS = 2 * 60_000;
const QUERY_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 10_000;
/** Debian installs PostgreSQL's programs here, in a folder for each version, and not in PATH. */
const POSTGRES_FOLDERS = '/usr/lib/postgresql';
/** Debian runs this program to decide whether to start a service when its package is installed. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';
const PACKAGES = ['postgresql', 'redis-server'];

export type Service = { host: string; port: number; stop: () => Promise<void> };
export type Postgres = Service & { user: string; password: string; database: string };

/**
 * Installs Debian's Redis and PostgreSQL if they are missing.
 * @throws Error that says what to install if the current user can't install packages
 */
export async function ensureServices(onProgress: (step: string) => void = () => {}): Promise<void> {
	if (findRedis() && findPostgres()) return;
	const solution = `Install Redis and PostgreSQL. On Debian and Ubuntu: sudo apt-get install ${PACKAGES.join(' ')}`;
	if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error(solution);
	onProgress('Installing Redis and PostgreSQL');
	const aptGet = async (...args: string[]) =>
		await runProgram('apt-get', args, { timeoutMs: INSTALL_TIMEOUT_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
	await aptGet('update', '-q');
	// Prevents the installation from starting the services.
	const addPolicy = !existsSync(SERVICE_POLICY);
	if (addPolicy) await writeFile(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
	try {
		await aptGet('install', '-q', '-y', '--no-install-recommends', ...PACKAGES);
	} finally {
		if (addPolicy) await rm(SERVICE_POLICY, { force: true });
	}
	if (!findRedis() || !findPostgres()) throw new Error(solution);
}

/** Starts a Redis that stores data only in memory. */
export async function startRedis(): Promise<Service> {
	const port = await freePort();
	const args = ['--port', String(port), '--bind', HOST, '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
	const program = startProgram(findRedis()!, args, { cwd: tmpdir() });
	return await whenReady('Redis', { host: HOST, port }, program, async () => await isListening(port));
}

/** Starts a PostgreSQL with an empty database and default settings. Its data is removed when it stops. */
export async function startPostgres(): Promise<Postgres> {
	const programs = findPostgres()!;
	const folder = await mkdtemp(path.join(tmpdir(), 'n8n-postgres-'));
	removeAtExit(folder);
	const data = path.join(folder, 'data');
	await mkdir(data, { mode: 0o700 });
	const owner = unprivileged();
	for (const owned of owner ? [folder, data] : []) chownSync(owned, owner!.uid, owner!.gid);
	const as: ProgramOptions = { ...owner, cwd: folder };
	const user = 'n8n';
	await runProgram(path.join(programs, 'initdb'), ['-D', data, '-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], {
		...as,
		timeoutMs: INITDB_TIMEOUT_MS,
	});
	const port = await freePort();
	const settings = [`listen_addresses=${HOST}`, `port=${port}`, 'unix_socket_directories=', 'max_connections=200'];
	const program = startProgram(path.join(programs, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], as);
	// PostgreSQL listens before it accepts connections.
	const acceptsConnections = () => spawnSync(path.join(programs, 'pg_isready'), ['-h', HOST, '-p', String(port)]).status === 0;
	const { stop, ...service } = await whenReady('PostgreSQL', { host: HOST, port }, program, acceptsConnections);
	return {
		...service,
		user,
		// Connections from this machine need no password.
		password: '',
		database: 'postgres',
		stop: async () => {
			await stop();
			removeNow(folder);
		},
	};
}

/** Runs a query. @returns its rows, with all fields as text */
export async function query({ host, port, user, database }: Omit<Postgres, 'stop'>, sql: string): Promise<string[][]> {
	const args = ['-h', host, '-p', String(port), '-U', user, '-d', database, '--no-psqlrc', '-At', '-F', '\t', '-c', sql];
	const rows = await runProgram(path.join(findPostgres()!, 'psql'), args, { timeoutMs: QUERY_TIMEOUT_MS });
	return rows.split('\n').filter(Boolean).map((row) => row.split('\t'));
}

async function whenReady(name: string, address: Omit<Service, 'stop'>, program: Program, isReady: () => Promise<boolean> | boolean): Promise<Service> {
	const stop = async () => await endProgram(program, STOP_GRACE_MS);
	let ended = false;
	void program.ended.then(() => {
		ended = true;
	});
	try {
		await until(`${name} is ready`, READY_TIMEOUT_MS, async () => {
			if (ended) throw new Error(`${name} ended before it was ready`);
			return await isReady();
		});
	} catch (error) {
		await stop();
		throw new Error(`${(error as Error).message}\n${program.output()}`);
	}
	return { ...address, stop };
}

async function isListening(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect({ host: HOST, port });
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}

function findRedis(): string | undefined {
	return (process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, 'redis-server')).find(existsSync);
}

/** The folder of PostgreSQL's programs. */
function findPostgres(): string | undefined {
	const versions = existsSync(POSTGRES_FOLDERS) ? readdirSync(POSTGRES_FOLDERS).sort((a, b) => Number(b) - Number(a)) : [];
	const folders = [...versions.map((version) => path.join(POSTGRES_FOLDERS, version, 'bin')), ...(process.env.PATH ?? '').split(path.delimiter)];
	return folders.find((folder) => existsSync(path.join(folder, 'initdb')) && existsSync(path.join(folder, 'postgres')));
}

/** PostgreSQL doesn't run as root. Its package creates a user for this purpose. */
function unprivileged(): { uid: number; gid: number } | undefined {
	if (process.getuid?.() !== 0) return undefined;
	const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
	return { uid: id('-u'), gid: id('-g') };
}
