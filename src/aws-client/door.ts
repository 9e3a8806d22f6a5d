/**
 * AWS performed: the agent's own credentials by the guide's chain, the roles on the way, and the temporary password of a Redshift database.
 * The only room that knows the AWS SDK, which it loads at first use. Plans come from `aws-model`; no type of AWS crosses this door.
 */
export { openRedshiftLogins, type RedshiftLoginsOptions, type IssueOptions, type RedshiftLogins } from './redshift-logins.ts'
export { openIamAdministration, type IamAdministration, type IamCaller, type PolicyOutcome } from './iam-administration.ts'
