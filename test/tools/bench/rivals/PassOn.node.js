/** Sends nothing and outputs an item for each input item: measures n8n's own cost for the items. */
exports.PassOn = class PassOn {
	description = {
		displayName: 'Pass On',
		name: 'passOn',
		group: ['transform'],
		version: 1,
		description: 'Gives an output for each item',
		defaults: { name: 'Pass On' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	};

	async execute() {
		const toOutput = ({ json }, index) => ({
			json: { id: `message-${index}`, status: 'accepted', to: json.to },
			pairedItem: { item: index },
		});
		return [this.getInputData().map(toOutput)];
	}
};
