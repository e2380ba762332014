import { WAIT_INDEFINITELY, type IExecuteFunctions } from 'n8n-workflow';
import type { ClientSettings } from '../api/client';
import type { Context } from '../operations/operation';
import { openClient } from './client';
import { openFile, storeFile } from './files';
import { isPrivateUrl, openLinks } from './links';
import { openReferences } from './referenceStore';
import { answerLink, answerPayload, waitForAnswer } from './waiting';

/** Creates the context for an execution. Reads the credential once. */
export async function createContext(
	functions: IExecuteFunctions,
	settings: Pick<ClientSettings, 'maxConcurrency' | 'maxRequestsPerSecond' | 'stopOnError'>,
): Promise<Context> {
	const { helpers } = functions;
	const credential = await functions.getCredentials('modicaWhatsAppApi');
	const api = openClient(functions, credential, { ...settings, signal: functions.getExecutionCancelSignal() });
	return {
		api,
		references: openReferences(functions, () => api.ensureOpen()),
		timeZone: functions.getTimezone(),
		openFile: async (binary) => await openFile(helpers, binary),
		storeFile: async (media, fallbackName) => await storeFile(helpers, media, fallbackName),
		linkTo: openLinks(helpers, credential.baseUrl),
		answerLink: (secret) => answerLink(functions, secret, isPrivateUrl(credential.baseUrl)),
		answerPayload: (secret, answer) => answerPayload(functions, secret, answer),
		waitForAnswer: async (question, until = WAIT_INDEFINITELY, unanswered) =>
			await waitForAnswer(functions, question, until, unanswered),
	};
}
