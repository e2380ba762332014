/** Links under which n8n serves binary data, looked at from outside. */
import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The same link as n8n would have made it a day and an hour ago, for an hour: signed as n8n signs, and expired.
 * @param userFolder of the n8n that made the link: its key is there
 */
export async function expiredLink(link: string, userFolder: string): Promise<string> {
	const url = new URL(link);
	const [header = '', payload = ''] = (url.searchParams.get('token') ?? '').split('.');
	const config = JSON.parse(await readFile(path.join(userFolder, '.n8n', 'config'), 'utf8')) as { encryptionKey: string };
	const secret = createHash('sha256').update(`url-signing:${config.encryptionKey}`).digest('base64');
	const sign = (content: string) => `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
	// The link itself proves that this is how n8n signs.
	if (sign(`${header}.${payload}`) !== url.searchParams.get('token')) throw new Error('n8n signs its links in another way');

	const { id, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { id: string; iat: number };
	const past = { id, iat: iat - 90_000, exp: iat - 86_400 };
	url.searchParams.set('token', sign(`${header}.${Buffer.from(JSON.stringify(past)).toString('base64url')}`));
	return url.href;
}
