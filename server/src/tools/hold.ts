// What becomes of a call that does not begin: it is refused, or people are asked about it.
import type { EventData, NewEvent } from '@sallyport/contracts';
import { type HeldCall, holdCall, voidApprovals } from '../approvals/approvals.ts';
import type { Refusal } from './judge.ts';
import { decisionEvents, record } from './record.ts';
import type { CallRequest, GatewayContext, Tool } from './tool.ts';

const GATEWAY = { kind: 'system', id: 'gateway' } as const;

export async function refuse(context: GatewayContext, request: CallRequest, refusal: Refusal): Promise<void> {
  const { reason, detail, decided } = refusal;
  const data = { call_id: request.callId, tool: request.tool, reason, detail, by: { kind: 'rule' } } as const;
  context.refused(reason);
  await record(
    context,
    [...decisionEvents(decided), { type: 'tool.call.denied', actor: GATEWAY, data }],
    async (tx) => {
      // What people approved is not what would run now.
      if (request.approved !== undefined) await voidApprovals(tx, context.principal.runId, request.callId);
    },
  );
}

/** The approval, the decision and `tool.call.held` are one transaction: a crash leaves all of them or none. */
export async function hold(
  context: GatewayContext,
  request: CallRequest,
  asked: Pick<HeldCall, 'digest' | 'card' | 'rule'> & {
    readonly tool: Tool;
    readonly decided: EventData<'tool.call.decided'> | undefined;
  },
): Promise<void> {
  const { tool, digest, card, rule } = asked;
  const { runId } = context.principal;
  const events: NewEvent[] = decisionEvents(asked.decided);
  await record(context, events, async (tx) => {
    const held = await holdCall(tx, {
      ...{ runId, callId: request.callId, tool: tool.name, effect: tool.effect },
      ...{ digest, card, rule, args: request.arguments },
    });
    events.push({
      type: 'tool.call.held',
      actor: GATEWAY,
      data: {
        call_id: request.callId,
        tool: tool.name,
        approval_id: held.id,
        rule,
        digest,
        approvers: held.seats,
        expires_at: held.expiresAt.toISOString(),
      },
    });
    context.asked({ tool: tool.name, rule, count: held.count });
  });
}
