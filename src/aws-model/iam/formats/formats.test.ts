/** Plans for other tools: several accounts, awkward names, and unknown ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIdentity } from '../identity.ts'
import { planTypes } from '../plan.ts'
import { parseIamFormat, printIdentityPlans } from './format.ts'

const planOf = (arn: string) => planTypes({ types: ['redshift'], target: parseIdentity('role', arn), assumesRoles: [] })
const one = planOf('arn:aws:iam::123456789012:role/one')
const other = planOf('arn:aws:iam::210987654321:role/other')

test('Terraform for one account', () => {
  assert.equal(
    printIdentityPlans([one], 'terraform'),
    `# arn:aws:iam::123456789012:role/one

resource "aws_iam_policy" "DatabaseAccess" {
  name        = "DatabaseAccess"
  description = "Access to databases, set up for the Database Service"
  tags        = { teleport = "" }
  policy = jsonencode({
    "Version" : "2012-10-17",
    "Statement" : [
      {
        "Effect" : "Allow",
        "Action" : [
          "redshift:DescribeClusters",
          "redshift:GetClusterCredentials"
        ],
        "Resource" : "*"
      }
    ]
  })
}

resource "aws_iam_role_policy_attachment" "one_DatabaseAccess" {
  role       = "one"
  policy_arn = aws_iam_policy.DatabaseAccess.arn
}`,
  )
})

test('Terraform for several accounts makes in each what belongs there', () => {
  const text = printIdentityPlans([one, other], 'terraform')
  assert.match(text, /^data "aws_caller_identity" "current" \{\}\n/)
  assert.match(text, /count = data\.aws_caller_identity\.current\.account_id == "210987654321" \? 1 : 0\n/)
  assert.match(text, /policy_arn = aws_iam_policy\.DatabaseAccess\[0\]\.arn/)
})

test('CloudFormation for several accounts makes in each what belongs there', () => {
  const template = JSON.parse(printIdentityPlans([one, other], 'cloudformation'))
  assert.deepEqual(template.Conditions.InAccount123456789012, { 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, '123456789012'] })
  assert.equal(template.Resources.DatabaseAccessother2.Condition, 'InAccount210987654321')
})

test('commands ask for the account that nobody has named, and quote what a shell would read', () => {
  const text = printIdentityPlans([planOf('team/a+b@c')], 'aws-cli')
  assert.match(
    text,
    /--role-name a\+b@c --policy-arn "arn:aws:iam::\$\(aws sts get-caller-identity --query Account --output text\):policy\/DatabaseAccess"/,
  )
  assert.match(text, /--policy-document '\{"Version"/)
})

test('refused: an unknown format', () => assert.throws(() => parseIamFormat('yaml'), { code: 'AWS_FORMAT_UNKNOWN' }))
