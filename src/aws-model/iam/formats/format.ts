/** The forms in which a plan is handed to other tools, besides the text for people. */
import { PortunusError } from '#foundation'
import type { IdentityPlan } from '../plan.ts'
import { printAwsCommands } from './aws-commands.ts'
import { printCloudFormation } from './cloudformation.ts'
import { printPlanJson } from './json.ts'
import { printTerraform } from './terraform.ts'

export const iamFormats = ['text', 'json', 'terraform', 'cloudformation', 'aws-cli'] as const
export type IamFormat = (typeof iamFormats)[number]

/** Reads the value of `--format`. Throws AWS_FORMAT_UNKNOWN that lists every format. */
export function parseIamFormat(text: string): IamFormat {
  const format = iamFormats.find((known) => known === text)
  if (format !== undefined) return format
  throw new PortunusError('AWS_FORMAT_UNKNOWN', `Cannot print IAM policies as "${text}": the format is not known`, {
    category: 'bad-input',
    hint: `use one of ${iamFormats.join(', ')}`,
  })
}

/** The plans in a form for other tools; each of them creates the policies, attaches them and leaves the trust of roles alone. */
export function printIdentityPlans(plans: readonly IdentityPlan[], format: Exclude<IamFormat, 'text'>): string {
  switch (format) {
    case 'json':
      return printPlanJson(plans)
    case 'terraform':
      return printTerraform(plans)
    case 'cloudformation':
      return printCloudFormation(plans)
    case 'aws-cli':
      return printAwsCommands(plans)
  }
  return format satisfies never
}
