"""todo"""
def design_page(found): return ""
