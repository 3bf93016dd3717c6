-- The policy of approvals as one whole: who may decide, who may not, and rules for calls of some kind. Each approval keeps what held for it.

set role {{p}}_owner;

alter table app.approval_policies
  add column roles text[] not null default '{owner,admin,approver}' check (cardinality(roles) > 0 and roles <@ '{owner,admin,approver}'),
  add column barred uuid[] not null default '{}' check (cardinality(barred) <= 100),
  add column rules text not null default '[]' check (length(rules) <= 400000);
grant update (roles, barred, rules) on app.approval_policies to {{p}}_tenant;

alter table app.approvals
  add column roles text[] not null default '{owner,admin,approver}' check (roles <@ '{owner,admin,approver}'),
  add column barred uuid[] not null default '{}';

-- The inbox of a tenant, of one state or one run, newest first.
create index approvals_standing on app.approvals (tenant_id, state, id);

reset role;
