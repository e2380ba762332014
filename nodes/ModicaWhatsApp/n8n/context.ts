import { WAIT_INDEFINITELY, type IExecuteFunctions } from 'n8n-workflow';
import { ModicaClient, type ClientSettings } from '../api/client';
import type { Context } from '../operations/operation';
import { openFile, storeFile } from './files';
import { openHttp } from './http';
import { openLinks } from './links';
import { answerLink, waitForAnswer } from './question';
import { openReferences } from './referenceStore';

/** What an operation may use in this execution. Reads the credential, once. */
export async function createContext(
	functions: IExecuteFunctions,
	settings: Pick<ClientSettings, 'maxConcurrency' | 'maxRequestsPerSecond' | 'stopOnError'>,
): Promise<Context> {
	const { helpers } = functions;
	const credential = await functions.getCredentials('modicaWhatsAppApi');
	const api = new ModicaClient(openHttp(functions, credential), {
		baseUrl: credential.baseUrl,
		username: credential.username,
		password: credential.password,
		...settings,
		signal: functions.getExecutionCancelSignal(),
	});
	return {
		api,
		references: openReferences(functions, () => api.ensureOpen()),
		timeZone: functions.getTimezone(),
		openFile: async (binary) => await openFile(helpers, binary),
		storeFile: async (media, fallbackName) => await storeFile(helpers, media, fallbackName),
		linkTo: openLinks(helpers, credential.baseUrl),
		answerLink: (secret) => answerLink(functions, secret),
		waitForAnswer: async (question, until = WAIT_INDEFINITELY, unanswered) =>
			await waitForAnswer(functions, question, until, unanswered),
	};
}
