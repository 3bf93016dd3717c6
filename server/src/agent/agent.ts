// Owns the loop of an agent: model, tool, model, from the journal alone; the only importer of the AI SDK.
// Promises that a finished step is never run or charged again, and that a run stops when its next step may not fit its budget.
// Must never reach a tool beside the gateway, nor let a model's or a tool's words become a message of another role.
export { type AgentDeps, type AgentDoors, ALL_DOORS, type Claim, type Hold } from './context.ts';
export { type DriveEnd, driveRun } from './drive.ts';
export type { Model, ModelAnswer, ModelRequest } from './model.ts';
export { type ModelSettings, type Models, openModels } from './models.ts';
