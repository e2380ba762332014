import type { IDataObject, INode } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { latestLink, readPage, send } from '../../harness/n8n/approvals.mts';
import { startModel, type OfferedTool, type ModelResponse, type ScriptedModel, type Turn } from '../../harness/n8n/model.mts';
import type { StoredCredential, StoredWorkflow, WorkflowFile } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest, NODE } from '../../harness/n8n/underTest.mts';

const { rest, is1x } = n8nUnderTest();

const api = apiUnderTest(rest);
let model: ScriptedModel | undefined;

afterEach(async () => {
	await model?.stop();
});

const SEND_TOOL: Partial<INode> = {
	name: 'Send WhatsApp',
	type: `${NODE}Tool`,
	parameters: {
		resource: 'message',
		operation: 'send',
		to: '={{ $fromAI("to", "The customer’s number with its country code", "string") }}',
		messageType: 'text',
		text: '={{ $fromAI("text", "What to tell the customer", "string") }}',
	},
};

/** The expression that the editor's *Let the model define this parameter* button inserts, with the user's description. */
const byModel = (field: string, description = '') => `={{ /*n8n-auto-generated-fromAI-override*/ $fromAI('${field}', \`${description}\`, 'string') }}`;

const CUSTOMER = '+64211234567';
/** As in docs/agents.md: the workflow, not the model, determines the number and prevents duplicates. */
const ANSWER_TOOL: Partial<INode> = {
	name: 'Answer the customer',
	type: `${NODE}Tool`,
	onError: 'continueRegularOutput',
	parameters: {
		resource: 'message',
		operation: 'send',
		to: "={{ $('Customer').item.json.source }}",
		messageType: 'text',
		text: byModel('Text'),
		additionalFields: { reference: "=answer-{{ $('Customer').item.json.id }}" },
		options: { oncePerReference: true },
	},
};

/** A workflow with an agent for {@link CUSTOMER}. The first tool is connected to the agent, each other one to the tool before it. */
async function agentWith(script: Array<(turn: Turn) => ModelResponse>, ...tools: Array<Partial<INode>>): Promise<StoredWorkflow> {
	model = await startModel(script);
	const openAi = await rest.createCredential('openAiApi', { apiKey: 'none', url: model.baseUrl }, 'Scripted model');
	const reference = ({ id, name }: StoredCredential) => ({ id, name });
	const node = (name: string, type: string, typeVersion: number, parameters: IDataObject, credentials?: INode['credentials']): INode => ({
		id: name.toLowerCase().replaceAll(' ', '-'),
		name,
		type,
		typeVersion,
		position: [0, 0],
		parameters: parameters as INode['parameters'],
		...(credentials && { credentials }),
	});
	const toolNodes = tools.map(({ name = '', type = '', parameters = {}, ...settings }) => ({
		...node(name, type, 1, parameters, { [CREDENTIAL]: reference(api.credential) }),
		...settings,
	}));
	const connections: WorkflowFile['connections'] = {
		Start: { main: [[{ node: 'Customer', type: 'main', index: 0 }]] },
		Customer: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
		Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
	};
	toolNodes.forEach(({ name }, position) => {
		connections[name] = { ai_tool: [[{ node: toolNodes[position - 1]?.name ?? 'Agent', type: 'ai_tool', index: 0 }]] };
	});
	return await rest.importWorkflow({
		name: 'Agent',
		nodes: [
			node('Start', 'n8n-nodes-base.manualTrigger', 1, {}),
			node('Customer', 'n8n-nodes-base.set', 3.4, { mode: 'raw', jsonOutput: JSON.stringify({ id: 'a1', source: CUSTOMER }) }),
			node('Agent', '@n8n/n8n-nodes-langchain.agent', 3, { promptType: 'define', text: 'Tell Aroha that her order is ready' }),
			node('Model', '@n8n/n8n-nodes-langchain.lmChatOpenAi', 1.2, { model: { mode: 'id', value: 'scripted' }, options: {} }, { openAiApi: reference(openAi) }),
			...toolNodes,
		],
		connections,
		settings: { executionOrder: 'v1' },
	});
}

const toolCalled = (turn: Turn) => turn.tools[0]?.name ?? '';

describe('an AI agent', () => {
	it('sends a message with the node as its tool', async () => {
		const workflow = await agentWith(
			[
				(turn) => ({ call: toolCalled(turn), with: { to: '+64 21 123 4567', text: 'Your order is ready' } }),
				() => ({ say: 'I have told her' }),
			],
			SEND_TOOL,
		);
		const { status, error, outputs } = await rest.runWorkflow(workflow);
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		expect(api.simulator.messages.map(({ payload }) => payload)).toEqual([
			{ to: '+64211234567', type: 'text', text: { body: 'Your order is ready' } },
		]);
		const [first, second] = model!.turns;
		expect(first?.tools).toMatchObject([
			{
				name: 'Send_WhatsApp',
				description: 'Send message in Modica WhatsApp',
				parameters: {
					properties: {
						to: { type: 'string', description: 'The customer’s number with its country code' },
						text: { type: 'string', description: 'What to tell the customer' },
					},
				},
			},
		]);
		// The model receives the result.
		expect(second?.messages.at(-1)).toMatchObject({ role: 'tool', content: expect.stringContaining(String(api.simulator.messages[0]?.id)) });
		expect(outputs.Agent?.[0]?.[0]?.json).toEqual({ output: 'I have told her' });
	});

	it('sends only to the current customer, even if the model specifies another number', async () => {
		const elsewhere = { to: '+64219999999', To: '+64219999999', source: '+64219999999' };
		const workflow = await agentWith([(turn) => ({ call: toolCalled(turn), with: { Text: 'Your order is ready', ...elsewhere } })], ANSWER_TOOL);
		expect(await rest.runWorkflow(workflow)).toMatchObject({ status: 'success' });
		expect(api.simulator.messages.map(({ to, payload }) => [to, payload.text])).toEqual([[CUSTOMER, { body: 'Your order is ready' }]]);
		const [{ name, description, parameters } = {}] = model!.turns[0]!.tools;
		const { type, properties, required } = parameters as OfferedTool['parameters'] & { type: string; required: string[] };
		// This is all that the model receives: n8n doesn't pass on the descriptions of the node's fields.
		expect({ name, description, type, properties, required }).toEqual({
			name: 'Answer_the_customer',
			description: 'Send message in Modica WhatsApp',
			type: 'object',
			properties: { Text: { type: 'string' } },
			required: ['Text'],
		});
		expect(JSON.parse(model!.turns[1]?.messages.at(-1)?.content ?? '')).toEqual([
			{ id: api.simulator.messages[0]?.id, status: 'accepted', to: CUSTOMER, reference: 'answer-a1' },
		]);
	});

	it('receives actionable errors and sends no duplicate, if the tool continues on errors and sends once per reference', async () => {
		const [limits, described] = ['The answer, up to 4,096 characters', 'Sends a WhatsApp message to the customer you talk to'];
		api.simulator.addFault({ kind: 'status', status: 422 });
		api.simulator.addFault({ kind: 'status', status: 500, when: 'after' });
		const workflow = await agentWith(
			['a'.repeat(4_097), 'Refused', 'Lost', 'Tried again'].map((text) => (turn) => ({ call: toolCalled(turn), with: { Text: text } })),
			{ ...ANSWER_TOOL, parameters: { ...ANSWER_TOOL.parameters, text: byModel('Text', limits), descriptionType: 'manual', toolDescription: described } },
		);
		expect(await rest.runWorkflow(workflow)).toMatchObject({ status: 'success' });
		const [first, ...later] = model!.turns;
		expect(first?.tools).toMatchObject([{ description: described, parameters: { properties: { Text: { type: 'string', description: limits } } } }]);
		expect(later.map(({ messages }) => JSON.parse(messages.at(-1)?.content ?? '') as unknown)).toEqual([
			[{ error: expect.stringMatching(/has 4097 characters\. WhatsApp accepts up to 4096\. Shorten it, or use the Send operation with 'Split Long Text'\.$/), mayHaveBeenSent: false }],
			[expect.objectContaining({ statusCode: 422, description: expect.stringMatching(/only reach customers who wrote in the last 24 hours/), mayHaveBeenSent: false, to: CUSTOMER })],
			[expect.objectContaining({ statusCode: 500, error: expect.not.stringContaining('may have been sent'), description: expect.stringMatching(/^The message may have been sent\./), mayHaveBeenSent: true, to: CUSTOMER })],
			[{ status: 'duplicate', to: CUSTOMER, reference: 'answer-a1', message: 'Not sent again: this node already sent this reference' }],
		]);
		expect(api.simulator.messages.map(({ payload }) => payload.text)).toEqual([{ body: 'Lost' }]);
	});

	it('can fill the placeholders of a template, and change nothing else', async () => {
		const workflow = await agentWith(
			[(turn) => ({ call: toolCalled(turn), with: { first_name: 'Aroha' } }), () => ({ say: 'I have told her' })],
			{
				...SEND_TOOL,
				parameters: {
					resource: 'message',
					operation: 'send',
					to: '+64211234567',
					messageType: 'template',
					templateName: 'order_ready',
					templateText: 'Hi {{1}}, your order {{2}} is ready',
					templateValues: {
						mappingMode: 'defineBelow',
						value: { 'body:1': '={{ $fromAI("first_name", "The customer’s first name", "string") }}', 'body:2': '1234' },
					},
				},
			},
		);
		const { status, error } = await rest.runWorkflow(workflow);
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		expect(api.simulator.messages.map(({ payload }) => payload.template)).toMatchObject([{ body_params: ['Aroha', '1234'] }]);
		expect(Object.keys((model!.turns[0]?.tools[0]?.parameters as { properties: object }).properties)).toEqual(['first_name']);
		// The model receives the text that the customer reads.
		expect(model!.turns[1]?.messages.at(-1)?.content).toContain('Hi Aroha, your order 1234 is ready');
	});

	it('asks a customer with the node as its tool, and continues with the answer', async () => {
		const workflow = await agentWith([(turn) => ({ call: toolCalled(turn), with: { question: 'May we deliver tomorrow?' } })], {
			name: 'Ask on WhatsApp',
			type: `${NODE}Tool`,
			parameters: {
				resource: 'message',
				operation: 'sendAndWait',
				to: '+64211234567',
				message: '={{ $fromAI("question", "What to ask the customer", "string") }}',
				responseType: 'freeText',
				messageType: 'text',
			},
		});
		const { id, status } = await rest.runWorkflow(workflow);
		expect(status).toBe('waiting');
		await send(latestLink(api.simulator), { text: 'After 9, please' });
		await rest.waitForExecutions(workflow.id, ([one]) => one?.id === id && one.status === 'success');
		expect(model?.turns.at(-1)?.messages.at(-1)?.content).toContain('After 9, please');
	});

	const WRONG_THEN_RIGHT: Array<(turn: Turn) => ModelResponse> = [
		(turn) => ({ call: toolCalled(turn), with: { to: '021 123 4567', text: 'Your order is ready' } }),
		(turn) => ({ call: toolCalled(turn), with: { to: '+64211234567', text: 'Your order is ready' } }),
	];
	const IS_LOCAL = /^To '021 123 4567' is a local number\. Replace the leading 0 with the country code\./;

	(is1x ? it.skip : it)('receives the error for an invalid number and can correct it', async () => {
		expect(await rest.runWorkflow(await agentWith(WRONG_THEN_RIGHT, SEND_TOOL))).toMatchObject({ status: 'success' });
		expect(JSON.parse(model?.turns[1]?.messages.at(-1)?.content ?? '')).toEqual([{ error: expect.stringMatching(IS_LOCAL) }]);
		expect(api.simulator.messages.map(({ to }) => to)).toEqual(['+64211234567']);
	});

	(is1x ? it.skip : it)('receives the error that its message may have been sent, and what to do', async () => {
		api.simulator.addFault({ kind: 'status', status: 500, when: 'after' });
		const workflow = await agentWith([(turn) => ({ call: toolCalled(turn), with: { to: CUSTOMER, text: 'Your order is ready' } })], SEND_TOOL);
		expect(await rest.runWorkflow(workflow)).toMatchObject({ status: 'success' });
		expect(model?.turns[1]?.messages.at(-1)?.content).toMatch(/Modica returned 500.*\. The message may have been sent\. Check its status before you send it again\./);
	});

	// n8n 1.x fails the whole execution if a tool fails.
	(is1x ? it : it.skip)('fails the execution for an invalid number, and sends nothing', async () => {
		expect(await rest.runWorkflow(await agentWith(WRONG_THEN_RIGHT, SEND_TOOL))).toMatchObject({ status: 'error' });
		expect(api.simulator.messages).toEqual([]);
	});
});

// Available since n8n 2.8.
const withReview = is1x ? describe.skip : describe;

withReview('the review of a tool call in WhatsApp', () => {
	const REVIEW: Partial<INode> = {
		name: 'Ask the boss',
		type: `${NODE}HitlTool`,
		parameters: {
			resource: 'message',
			operation: 'sendAndWait',
			to: '+64219998888',
			message: '=The agent wants to use {{ $tool.name }}: {{ JSON.stringify($tool.parameters) }}',
			responseType: 'approval',
			messageType: 'text',
		},
	};
	const script: Array<(turn: Turn) => ModelResponse> = [
		(turn) => ({
			call: toolCalled(turn),
			with: { toolParameters: { to: '+64211234567', text: 'Your order is ready' }, hitlParameters: {} },
		}),
	];

	async function review(answer: 'approve' | 'decline') {
		const workflow = await agentWith(script, REVIEW, SEND_TOOL);
		const { id, status, error } = await rest.runWorkflow(workflow);
		expect({ status, error }).toEqual({ status: 'waiting', error: undefined });
		const link = latestLink(api.simulator);
		expect((await readPage(link)).words).toMatch(/^The agent wants to use .*Your order is ready/);
		expect((await send(link, { answer })).words).toMatch(/Thank you/);
		await rest.waitForExecutions(workflow.id, ([one]) => one?.id === id && one.status === 'success');
		return { outputs: (await rest.getExecution(id)).outputs, messages: api.simulator.messages.map(({ to }) => to) };
	}

	it('runs the tool if the reviewer approves', async () => {
		const { messages, outputs } = await review('approve');
		expect(messages).toEqual(['+64219998888', '+64211234567']);
		expect(outputs.Agent?.[0]?.[0]?.json).toEqual({ output: 'Done' });
	});

	it('does not run the tool if the reviewer declines', async () => {
		const { messages } = await review('decline');
		expect(messages).toEqual(['+64219998888']);
		expect(model?.turns.at(-1)?.messages.at(-1)?.content).toMatch(/rejected/);
	});
});
