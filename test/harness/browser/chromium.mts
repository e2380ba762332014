/** Starts the installed Chromium. Nothing is downloaded, and the browser connects to no other machine. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, selectors, type Browser } from 'playwright-core';

/** Names of the executable in packages of Linux distributions. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const LAUNCH_TIMEOUT_MS = 120_000;

const ARGUMENTS = [
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	// Prevents requests to other machines. For example, the editor requests information about the package from the npm registry.
	'--no-proxy-server',
	'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

// The attribute that n8n's own tests use.
selectors.setTestIdAttribute('data-test-id');

/** @throws Error that says what to install if neither Chromium nor Chrome is found */
export async function launchChromium(): Promise<Browser> {
	const executablePath = process.env.CHROMIUM_PATH ?? onPath();
	try {
		return await chromium.launch({
			args: ARGUMENTS,
			timeout: LAUNCH_TIMEOUT_MS,
			// Without a path, Playwright looks for Chrome in its default folder.
			...(executablePath ? { executablePath } : { channel: 'chrome' }),
		});
	} catch (error) {
		const solution = 'Install Chromium (on Debian and Ubuntu: apt-get install chromium) or Chrome, or set CHROMIUM_PATH to its executable.';
		throw new Error(`The browser failed to start. ${solution}\n${(error as Error).message}`);
	}
}

function onPath(): string | undefined {
	const folders = (process.env.PATH ?? '').split(path.delimiter);
	return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(existsSync);
}
