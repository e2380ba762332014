import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Container } from '@n8n/di';
import type { BinaryDataService } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestOptions,
	INodeParameters,
	INodeType,
	INodeTypes,
	Workflow,
	WorkflowParameters,
} from 'n8n-workflow';
import { ModicaWhatsAppApi } from '../../../credentials/ModicaWhatsAppApi.credentials.ts';

/** n8n-core with a separate user folder. */
export interface Core {
	readonly core: typeof import('n8n-core');
	readonly workflow: typeof import('n8n-workflow');
	readonly binaryData: BinaryDataService;
	/** The folder in which n8n stores binary data, unless it keeps it in memory. */
	readonly folder: string;
	stop(): void;
}

/**
 * Loads n8n-core. It reads its settings from the environment when it is loaded, so don't import it at the top of a file.
 * @param binaryMode where n8n stores files: on disk, the default of n8n 2.x, or in memory, the default of n8n 1.x
 */
export async function loadCore(binaryMode: 'filesystem' | 'memory' = 'filesystem'): Promise<Core> {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-core-'));
	process.env.N8N_USER_FOLDER = folder;
	process.env.N8N_ENCRYPTION_KEY = 'key-of-the-tests';
	process.env.N8N_DEFAULT_BINARY_DATA_MODE = binaryMode === 'memory' ? 'default' : 'filesystem';
	const core = await import('n8n-core');
	const workflow = await import('n8n-workflow');
	// Load all parts now. See `bundle.mjs`: otherwise the first request of a test would wait for them.
	Object.values(core);
	const binaryData = Container.get(core.BinaryDataService);
	if (binaryMode === 'filesystem') await binaryData.init();
	else Object.assign(binaryData, { mode: 'default' });
	return { core, workflow, binaryData, folder, stop: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A workflow with one node. */
export function workflowOf(
	{ workflow }: Core,
	type: INodeType,
	{ parameters, onError, ...settings }: { parameters: INodeParameters; onError?: 'continueErrorOutput' | 'continueRegularOutput' | undefined } & Pick<WorkflowParameters, 'id' | 'active' | 'settings'>,
): Workflow {
	const { displayName, name } = type.description;
	const nodeTypes = { getByName: () => type, getByNameAndVersion: () => type, getKnownTypes: () => ({}) } as INodeTypes;
	return new workflow.Workflow({
		nodes: [
			{
				id: 'node-1',
				name: displayName,
				type: `n8n-nodes-modica-whatsapp.${name}`,
				typeVersion: 1,
				position: [0, 0],
				parameters,
				credentials: { modicaWhatsAppApi: { id: '1', name: 'Modica' } },
				...(onError && { onError }),
			},
		],
		connections: {},
		nodeTypes,
		...settings,
	});
}

/**
 * Replaces n8n's database of credentials. Authentication is that of the credential class.
 * @param decrypt returns the credential each time n8n decrypts it, or throws
 */
export function credentialsHelper(decrypt: () => ICredentialDataDecryptedObject) {
	const type: ICredentialType = new ModicaWhatsAppApi();
	return {
		getParentTypes: () => [],
		isCredentialUsableByNode: () => true,
		getDecrypted: async () => await Promise.resolve({ ...decrypt() }),
		preAuthentication: async () => await Promise.resolve(undefined),
		authenticate: async (decrypted: ICredentialDataDecryptedObject, _type: string, request: IHttpRequestOptions) => {
			if (typeof type.authenticate !== 'function') throw new Error('The credential has no authenticate function');
			return await type.authenticate(decrypted, request);
		},
	};
}
